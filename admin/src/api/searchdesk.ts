import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { expired, language, readProblem } from './client';

export interface Week {
  week: string;
  locale: string;
  searches: number;
  empty: number;
  corrected: number;
  clicks: number;
}

export interface Query {
  query: string;
  locale: string;
  searches: number;
  empty: number;
  corrected: number;
  clicks: number;
  last: string;
}

export type Order = 'searches' | 'empty' | 'corrected' | 'clicks';

export interface Statistics {
  weeks: Week[];
  queries: Query[];
  threshold: number;
  total: number;
}

export interface IndexState {
  seq: number;
  lag: number;
  bytes: number;
  building: boolean;
  done?: number;
  total?: number;
}

async function call<T>(path: string, init: RequestInit = {}): Promise<T> {
  const answer = await fetch(`/api/v1${path}`, { ...init, headers: { 'Accept-Language': language.get(), 'Content-Type': 'application/json' } });
  if (answer.ok) return (await answer.json()) as T;
  const problem = await readProblem(answer);
  if (problem.signedOut) expired.set(true);
  throw problem;
}

/** What people searched for, in the weeks from one to another. */
export const statisticsQuery = (from: string, to: string, order: Order) =>
  queryOptions({
    queryKey: ['search', 'statistics', from, to, order],
    placeholderData: keepPreviousData,
    queryFn: async (): Promise<Statistics> => {
      const where = new URLSearchParams({ from, to, order, 'page[size]': '50' });
      const { data, meta } = await call<{ data: { weeks: Week[]; queries: Query[] }; meta: { threshold: number; total: number } }>(`/search/statistics?${where}`);
      return { weeks: data.weeks ?? [], queries: data.queries ?? [], threshold: meta.threshold, total: meta.total };
    },
  });

/** How the index does; asked often while it is made anew. */
export const indexQuery = queryOptions({
  queryKey: ['search', 'index'],
  queryFn: async () => (await call<{ data: IndexState }>('/search/index')).data,
  refetchInterval: (q) => (q.state.data?.building ? 1_000 : 15_000),
});

export async function reindex(): Promise<IndexState> {
  return (await call<{ data: IndexState }>('/search/actions/reindex', { method: 'POST', body: '{}' })).data;
}
