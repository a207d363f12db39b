import type { Grant, Role } from '../../api/people';
import type { Collection, Field } from '../../api/types';

const content = ['read', 'read_draft', 'create', 'update', 'submit', 'review', 'publish', 'delete', 'purge', 'erase'];

// What can be done with things that are not entries.
const others: Record<string, string[]> = {
  '@*': [...content, 'manage'],
  '@assets': ['read', 'create', 'update', 'delete'],
  '@audit': ['read'],
  '@users': ['manage', 'erase'],
  '@roles': ['manage'],
  '@collections': ['manage'],
  '@tokens': ['manage'],
  '@webhooks': ['manage'],
  '@plugins': ['manage'],
};

/** Things that are not entries, on which rights are given. */
export const otherThings = Object.keys(others);

/** The verbs that mean something on a collection. */
export const verbsOn = (collection: string): string[] => others[collection] ?? content;

/** Which entries a grant reaches, as the form asks for it. */
export type Reach =
  | { mode: 'all' | 'own' | 'association' }
  | { mode: 'condition'; field: string; op: '_eq' | '_neq'; value: string }
  | { mode: 'filter'; text: string };

const own = { created_by: { _eq: '$user' } };
const association = { id: { _eq: '$association' } };

/** Reads a row filter; what is not one of the simple forms stays a filter. */
export function reachOf(rows: Grant['rows']): Reach {
  if (!rows) return { mode: 'all' };
  const text = JSON.stringify(rows);
  if (text === JSON.stringify(own)) return { mode: 'own' };
  if (text === JSON.stringify(association)) return { mode: 'association' };
  const [field, rest] = Object.entries(rows)[0] ?? [];
  if (field && !field.startsWith('_') && Object.keys(rows).length === 1 && typeof rest === 'object' && rest !== null) {
    const [op, value] = Object.entries(rest)[0] ?? [];
    const simple = typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number';
    if ((op === '_eq' || op === '_neq') && Object.keys(rest).length === 1 && simple) return { mode: 'condition', field, op, value: String(value) };
  }
  return { mode: 'filter', text: JSON.stringify(rows, null, 1) };
}

function operand(field: Field | undefined, value: string): unknown {
  if (field?.kind === 'boolean') return value === 'true';
  if (field?.kind === 'number' && value !== '' && !Number.isNaN(Number(value))) return Number(value);
  return value;
}

/** The row filter of a reach; undefined: all entries. Throws when a written filter is no JSON. */
export function rowsOf(reach: Reach, collection?: Collection): Grant['rows'] {
  switch (reach.mode) {
    case 'all': return undefined;
    case 'own': return own;
    case 'association': return association;
    case 'condition': return { [reach.field]: { [reach.op]: operand(collection?.fields.find((f) => f.name === reach.field), reach.value) } };
    case 'filter': return JSON.parse(reach.text) as Record<string, unknown>;
  }
}

/** A role that gives nothing yet. */
export const emptyRole = (): Role => ({ id: '', name: '', label: {}, help: {}, grants: [], sees: '', revision: 0 });
