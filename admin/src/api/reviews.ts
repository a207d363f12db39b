import { queryOptions } from '@tanstack/react-query';
import { api, dataOf } from './client';
import type { components } from './schema';

/** One locale of an entry that waits for a decision, or that was returned. */
export type Waiting = components['schemas']['reviewinfo'];

export const reviewsQuery = queryOptions({
  queryKey: ['entries', 'all', 'reviews'],
  queryFn: async () => dataOf(await api.GET('/me/reviews')) as Waiting[],
});
