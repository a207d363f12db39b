import { expect, it } from 'vitest';
import type { Collection } from '../../api/types';
import { reachOf, rowsOf } from './rights';

const collection = { id: 'news', name: 'news', fields: [{ id: 'n', name: 'n', kind: 'number' }, { id: 'b', name: 'b', kind: 'boolean' }] } as unknown as Collection;

it('reads and writes every reach as it was', () => {
  for (const rows of [
    undefined, { created_by: { _eq: '$user' } }, { id: { _eq: '$association' } }, { status: { _neq: 'draft' } }, { n: { _eq: 4 } }, { b: { _eq: true } },
    { _or: [{ n: { _eq: 1 } }, { n: { _gt: 3 } }] }, { n: { _gt: 3 } }, { n: { _eq: 1 }, b: { _eq: false } },
  ]) {
    expect(rowsOf(reachOf(rows), collection)).toEqual(rows);
  }
});

it('keeps what the simple forms cannot say as a filter', () => {
  expect(reachOf({ n: { _gt: 3 } }).mode).toBe('filter');
  expect(() => rowsOf({ mode: 'filter', text: '{' })).toThrow();
});
