import { queryOptions } from '@tanstack/react-query';
import { api, dataOf } from './client';

/** A field that points at what is not there any more. */
export interface Broken {
  collection: string;
  id: string;
  locale?: string;
  field: string;
  gone: 'trashed' | 'purged' | 'asset';
}

export const brokenQuery = queryOptions({
  queryKey: ['entries', 'home', 'broken'],
  queryFn: async () => dataOf(await api.GET('/me/broken-links')) as unknown as Broken[],
  staleTime: 60_000,
});
