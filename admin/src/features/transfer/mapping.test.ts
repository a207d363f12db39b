import { expect, it } from 'vitest';
import type { Collection } from '../../api/types';
import { guess, keysOf, rawText, targetsOf } from './mapping';

const collection = {
  id: 'people', name: 'people', slug: 'slug',
  fields: [
    { id: 'name', name: 'name', kind: 'text', localized: true, label: { fr: 'Nom', ar: 'الاسم' } },
    { id: 'slug', name: 'slug', kind: 'slug' },
    { id: 'founded_on', name: 'founded_on', kind: 'date', label: { fr: 'Créée le' } },
  ],
} as unknown as Collection;

it('guesses what headings mean', () => {
  const of = (heading: string) => guess(heading, collection, ['fr', 'ar'], 'fr');
  expect(['ID', 'name[ar]', 'Nom (ar)', 'Nom', 'الاسم', 'creee le', 'founded_on', 'autre', 'name[xx]'].map(of)).toEqual([
    'id', 'name[ar]', 'name[ar]', 'name[fr]', 'name[fr]', 'founded_on', 'founded_on', '', '',
  ]);
});

it('knows what can be told and what names an entry', () => {
  expect(targetsOf(collection, ['fr', 'ar']).map((t) => t.word)).toEqual(['id', 'name[fr]', 'name[ar]', 'slug', 'founded_on']);
  expect(keysOf(collection)).toEqual(['id', 'slug']);
  expect([rawText(['a', 'b']), rawText({ a: 1 }), rawText(null), rawText(3)]).toEqual(['a, b', '{"a":1}', '', '3']);
});
