import { expect, it } from 'vitest';
import { nameFrom } from './FieldDialog';
import { tidied } from './kindSettings';
import { readModel, writtenModel } from './modelFile';

it('a model that was written is read again, without the revisions of its site', () => {
  const news = { id: 'news', name: 'news', revision: 7, fields: [{ id: 'title', name: 'title', kind: 'text' }] };
  expect(readModel(writtenModel([news as never]))).toEqual([{ id: 'news', name: 'news', fields: news.fields }]);
  expect(readModel(JSON.stringify(news))).toEqual([news]);
  for (const text of ['', '[]', '{}', '{"recueil":"model","collections":[]}', '{"recueil":"model","collections":[{"id":"x"}]}']) expect(readModel(text), text).toBeNull();
});

it('settings keep what says something', () => {
  expect(tidied({ min: 0, max: null, integer: false, unit: { fr: '', ar: '' } })).toEqual({ min: 0 });
  expect(tidied({ options: [{ id: 'q', value: 'a', label: { fr: 'A', ar: '' } }], multiple: true })).toEqual({ options: [{ value: 'a', label: { fr: 'A' } }], multiple: true });
  expect(tidied({ fields: [{ id: 'a', name: 'a', kind: 'text' }] })).toEqual({ fields: [{ id: 'a', name: 'a', kind: 'text' }] });
  expect(tidied({})).toBeUndefined();
});

it('a field is named after its label', () => {
  expect(nameFrom('Nombre d’élèves à l’école')).toBe('nombre_d_eleves_a_l_ecole');
  expect(nameFrom('2e année')).toBe('e_annee');
});
