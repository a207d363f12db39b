import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from './client';

type Preferences = Record<string, unknown>;

/** What the console keeps for whoever is signed in, on the server: it is there on every device. */
export const preferencesQuery = queryOptions({
  queryKey: ['preferences'],
  queryFn: async () => dataOf((await api.GET('/me/preferences')) as { data?: { data: Preferences } }),
  staleTime: 60_000,
});

/** One kept value, and how to keep another; null forgets it. */
export function usePreference<T>(key: string): [T | undefined, (value: T | null) => Promise<void>] {
  const cache = useQueryClient();
  const { data } = useQuery(preferencesQuery);
  const keep = async (value: T | null) => {
    const answer = await api.PUT('/me/preferences/{key}', { params: { path: { key } }, body: { value } as never });
    cache.setQueryData(preferencesQuery.queryKey, dataOf(answer as { data?: { data: Preferences } }));
  };
  return [data?.[key] as T | undefined, keep];
}
