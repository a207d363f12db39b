/** What a list shows, as its address says. */
export interface ListSearch {
  q?: string;
  sort?: string;
  filters?: Condition[];
  after?: string;
  before?: string;
  trashed?: boolean;
}

export interface Condition {
  field: string;
  op: string;
  value: string;
}

const text = (v: unknown): string | undefined => (typeof v === 'string' && v !== '' ? v : typeof v === 'number' ? String(v) : undefined);

/** Reads an address; what cannot be meant is left out. */
export function readListSearch(raw: Record<string, unknown>): ListSearch {
  const filters = (Array.isArray(raw.filters) ? raw.filters : [])
    .filter((f): f is Record<string, unknown> => typeof f === 'object' && f !== null)
    .map((f) => ({ field: text(f.field) ?? '', op: text(f.op) ?? '', value: text(f.value) ?? '' }))
    .filter((f) => f.field !== '' && f.op !== '')
    .slice(0, 20);
  return {
    q: text(raw.q), sort: text(raw.sort), after: text(raw.after), before: text(raw.before),
    filters: filters.length > 0 ? filters : undefined,
    trashed: raw.trashed === true ? true : undefined,
  };
}
