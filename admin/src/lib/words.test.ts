import { expect, it } from 'vitest';
import { compareWords } from './words';

const rebuild = (from: string, to: string) => {
  const runs = compareWords(from, to);
  return {
    from: runs.filter((r) => r.kind !== 'come').map((r) => r.text).join(''),
    to: runs.filter((r) => r.kind !== 'gone').map((r) => r.text).join(''),
  };
};

it('names the words that changed', () => {
  expect(compareWords('Le conseil se réunit lundi.', 'Le conseil se réunit mardi soir.')).toEqual([
    { kind: 'same', text: 'Le conseil se réunit ' },
    { kind: 'gone', text: 'lundi' },
    { kind: 'come', text: 'mardi soir' },
    { kind: 'same', text: '.' },
  ]);
});

it.each([['', ''], ['', 'a'], ['a b', ''], ['a b c', 'c b a'], ['كتاب جديد', 'كتاب قديم'], ['a '.repeat(3000), 'b '.repeat(3000)]])(
  'gives both texts back whole',
  (from, to) => expect(rebuild(from, to)).toEqual({ from, to }),
);
