import { describe, expect, it } from 'vitest';
import { editorFor } from './extensions';
import { faithful } from './faithful';

const roundTrip = (text: string) => {
  const editor = editorFor(text);
  const out = editor.getMarkdown();
  editor.destroy();
  return out;
};

describe('texts come back from the visual editor', () => {
  it.each([
    ['paragraphs', 'Une phrase.\n\nUne autre, avec **gras** et *italique*.'],
    ['headings and lists', '## Titre\n\n- un\n- deux\n\n1. premier\n2. second'],
    ['a link to an entry', 'Voir [la coordination](entry:01KFD6NW005H5GY0T1AP37EW9K).'],
    ['a link to a file', 'Lire [le rapport](asset:01KFD6NW005H5GY0T1AP37EW9K) ou [le site](https://example.org/?a=1&b=2).'],
    ['a quotation and a rule', '> Parole.\n\n---\n\nSuite.'],
    ['Arabic', 'يتعاون **الشركاء** في البرنامج.\n\n- أولا\n- ثانيا'],
    ['a table', '| A | B |\n| --- | --- |\n| 1 | 2 |'],
    ['a footnote', 'Dit-on[^1].\n\nPlus loin[^b].\n\n[^1]: La **source**.\n\n[^b]: Une autre, voir [le site](https://example.org).'],
    ['a picture', 'Avant ![carte](asset:01KFD6NW005H5GY0T1AP37EW9K) après.'],
    ['an entry that is shown', '![](entry:01KFD6NW005H5GY0T1AP37EW9K)'],
    ['signs that mean something', 'Un prix de 3 * 4 et a_b_c.'],
  ])('%s', (_, text) => {
    expect(faithful(text, roundTrip(text)), roundTrip(text)).toBe(true);
  });

  it.each([
    ['a note of two paragraphs', 'Dit-on[^1].\n\n[^1]: La source.\n\n    Et sa suite.'],
    ['raw HTML', 'Avant <b>gras</b> après.\n\n<div>bloc</div>'],
  ])('or are known not to: %s', (_, text) => {
    const back = roundTrip(text);
    // Either it is kept whole, or the editor shows the source instead.
    if (faithful(text, back)) expect(back).toContain(text.slice(0, 5));
    else expect(back).not.toBe(text);
  });
});
