import { describe, expect, it } from 'vitest';
import type { Collection } from '../../../api/types';
import { filterOf, usualColumns } from './filter';
import { readListSearch } from './search';

const collection = {
  id: 'news', name: 'news', title: 'title', revision: 1,
  fields: [
    { id: 'title', name: 'title', kind: 'text', sortable: true },
    { id: 'count', name: 'count', kind: 'number', sortable: true },
    { id: 'phone', name: 'phone', kind: 'phone', sortable: true, personal: true },
    { id: 'body', name: 'body', kind: 'markdown' },
  ],
} as unknown as Collection;

describe('the filter of a list', () => {
  it('is nothing for a list that asks for nothing', () => {
    expect(filterOf(collection, {})).toBeUndefined();
  });

  it('joins the search and the conditions, and leaves out what is not complete', () => {
    const search = readListSearch({
      q: 'eau',
      filters: [{ field: 'count', op: '_gte', value: 3 }, { field: 'title', op: '_eq', value: '' }, { field: 'nowhere', op: '_eq', value: '1' }],
    });
    expect(filterOf(collection, search)).toEqual({ _and: [{ count: { _gte: 3 } }, { title: { _contains: 'eau' } }] });
  });

  it('asks for what is empty and for what is not', () => {
    expect(filterOf(collection, { filters: [{ field: 'body', op: '_null', value: 'false' }] })).toEqual({ body: { _null: false } });
    expect(filterOf(collection, { filters: [{ field: 'body', op: '_null', value: '' }] })).toEqual({ body: { _null: true } });
  });

  it('reads no nonsense from an address', () => {
    expect(readListSearch({ filters: [1, null, { op: 'x' }], q: {}, trashed: 'yes' })).toEqual({});
  });

  it('shows no personal column unless asked', () => {
    expect(usualColumns(collection)).toEqual(['count']);
  });
});
