import { api, dataOf } from './client';

export interface Plan {
  columns: { field: string; locale?: string }[];
  key?: string;
  locale: string;
  clear?: boolean;
  publish?: boolean;
  dry_run?: boolean;
}

/** What became of one row. Columns count from 0; -1 is the row as a whole. */
export interface Outcome {
  did: 'created' | 'updated' | 'same' | 'refused';
  id?: string;
  faults?: { column: number; code: string; detail: string }[];
}

/** Brings some rows in, or tries. */
export async function importRows(collection: string, plan: Plan, rows: string[][]): Promise<Outcome[]> {
  const answer = await api.POST('/collections/{collection}/rows', { params: { path: { collection } }, body: { ...plan, rows } as never });
  return dataOf(answer as unknown as { data?: { data: Outcome[] } });
}
