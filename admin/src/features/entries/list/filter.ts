import { titleField } from '../../../api/collections';
import type { Collection, Field } from '../../../api/types';
import { cells } from '../../../fields/cells';
import type { Comparison } from '../../../fields/types';
import type { Condition, ListSearch } from './search';

/** The operators that make sense for a comparison, the likeliest first. */
export const operators: Record<Comparison, string[]> = {
  text: ['_contains', '_eq', '_starts_with', '_null'],
  exact: ['_eq', '_neq'],
  number: ['_eq', '_gte', '_lte', '_null'],
  date: ['_gte', '_lte', '_eq', '_null'],
  datetime: ['_gte', '_lte', '_null'],
  boolean: ['_eq'],
  keys: ['_eq', '_neq', '_null'],
  none: ['_null'],
};

/** Facts of every entry that a filter may ask for, as fields. */
export const systemFields: Field[] = [
  { id: 'status', name: 'status', kind: 'select' },
  { id: 'updated_at', name: 'updated_at', kind: 'datetime' },
  { id: 'published_at', name: 'published_at', kind: 'datetime' },
];

export function comparisonOf(field: Field): Comparison {
  return cells[field.kind]?.compare ?? 'none';
}

/** The fields of a collection that can be filtered. */
export function filterable(collection: Collection): Field[] {
  return [...systemFields, ...collection.fields.filter((f) => f.kind !== 'json')];
}

/** The filter of the API for what a list asks; undefined: everything. */
export function filterOf(collection: Collection, search: ListSearch): Record<string, unknown> | undefined {
  const parts: Record<string, unknown>[] = (search.filters ?? []).flatMap((c) => condition(collection, c));
  const title = titleField(collection);
  if (search.q && title) parts.push({ [title]: { _contains: search.q } });
  if (parts.length === 0) return undefined;
  return parts.length === 1 ? parts[0] : { _and: parts };
}

function condition(collection: Collection, c: Condition): Record<string, unknown>[] {
  const field = filterable(collection).find((f) => f.name === c.field);
  if (!field) return [];
  if (c.op === '_null') return [{ [c.field]: { _null: c.value !== 'false' } }];
  if (c.value === '') return []; // not complete yet
  const comparison = comparisonOf(field);
  const value = comparison === 'number' ? Number(c.value) : comparison === 'boolean' ? c.value === 'true' : c.value;
  return [{ [c.field]: { [c.op]: value } }];
}

/** The columns of a list unless somebody chose others: what is short and told apart. */
export function usualColumns(collection: Collection): string[] {
  const title = titleField(collection);
  return collection.fields
    .filter((f) => f.name !== title && cells[f.kind]?.Cell && !f.personal && (f.sortable || f.facet))
    .slice(0, 3)
    .map((f) => f.name);
}
