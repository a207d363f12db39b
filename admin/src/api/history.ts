import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, dataOf } from './client';
import { Problem } from './problem';
import type { Actor, Entry } from './types';

export interface Revision {
  revision: number;
  at: string;
  actor: Actor;
  action: string;
  reason?: string;
}

/** The history of an entry, the newest first. */
export const revisionsQuery = (collection: string, entry: string, now: number) =>
  infiniteQueryOptions({
    queryKey: ['entries', collection, 'revisions', entry, now],
    initialPageParam: '',
    queryFn: async ({ pageParam }) => {
      const answer = await api.GET('/entries/{collection}/{entry}/revisions', {
        params: { path: { collection, entry }, query: { 'page[size]': 30, 'page[after]': pageParam } },
      });
      const next = answer.data?.links?.next;
      return {
        revisions: dataOf(answer) as unknown as Revision[],
        next: next ? new URL(next, window.location.origin).searchParams.get('page[after]') : null,
      };
    },
    getNextPageParam: (last) => last.next,
  });

/** One locale of an entry as a revision left it; null when it had none then. */
export const revisionQuery = (collection: string, entry: string, revision: number, locale: string) =>
  queryOptions({
    queryKey: ['entries', collection, 'revision', entry, revision, locale],
    staleTime: Infinity, // what was, stays
    queryFn: async () => {
      try {
        const answer = await api.GET('/entries/{collection}/{entry}/revisions/{revision}', {
          params: { path: { collection, entry, revision: String(revision) as never }, query: { locale, fallback: 'none' } },
        });
        return dataOf(answer) as unknown as Entry;
      } catch (error) {
        if (error instanceof Problem && error.status === 404) return null;
        throw error;
      }
    },
  });

/** What visitors see of one locale; null when nothing is live. */
export const liveQuery = (collection: string, entry: string, locale: string, now: number) =>
  queryOptions({
    queryKey: ['entries', collection, 'live', entry, locale, now],
    queryFn: async () => {
      try {
        const answer = await api.GET('/entries/{collection}/{entry}', {
          params: { path: { collection, entry }, query: { locale, fallback: 'none' } },
        });
        return dataOf(answer) as unknown as Entry;
      } catch (error) {
        if (error instanceof Problem && error.status === 404) return null;
        throw error;
      }
    },
  });
