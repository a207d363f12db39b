import { describe, expect, it } from 'vitest';
import type { Collection } from '../../../api/types';
import { check, checkMarkdown } from './checks';

const whats = (text: string) => checkMarkdown('body', text).map((f) => f.what);

describe('a text is checked', () => {
  it.each([
    ['## Un\n\n### Deux\n\n## Trois', []],
    ['## Un\n\n#### Trop bas', ['heading_skips']],
    ['# Titre', ['heading_top']],
    ['##', ['heading_empty']],
    ['```\n# pas un titre\n```', []],
    ['![](asset:01KFD6NW005H5GY0T1AP37EW9K)', ['image_alt']],
    ['![La carte](asset:01KFD6NW005H5GY0T1AP37EW9K)', []],
    ['![](entry:01KFD6NW005H5GY0T1AP37EW9K)', []],
    ['Pour la suite, [cliquez ici](https://example.org).', ['link_text']],
    ['[اضغط هنا](https://example.org)', ['link_text']],
    ['[https://example.org/a](https://example.org/a)', ['link_address']],
    ['[La charte](entry:01KFD6NW005H5GY0T1AP37EW9K)', []],
  ])('%s', (text, expected) => expect(whats(text)).toEqual(expected));
});

it('an entry is checked with its languages and its blocks', () => {
  const collection = {
    id: 'c', name: 'c', title: 't', revision: 1,
    fields: [
      { id: 't', name: 'title', kind: 'text', localized: true },
      { id: 's', name: 'summary', kind: 'longtext', localized: true },
      { id: 'b', name: 'blocks', kind: 'blocks', localized: true, settings: { types: [{ name: 'text', fields: [{ id: 'm', name: 'text', kind: 'markdown' }] }] } },
    ],
  } as unknown as Collection;
  const found = check(collection, 'fr', {
    fr: { title: 'x'.repeat(80), blocks: [{ type: 'text', text: '[ici](/a)' }] },
    ar: { title: 'ع' },
    en: {},
  }, ['fr', 'ar']);
  expect(found.map((f) => [f.field, f.what, f.args?.locale].filter(Boolean).join(' '))).toEqual([
    'blocks link_text', 'title title_long', 'summary summary_missing', 'blocks untranslated ar', 'locale_missing en',
  ]);
});
