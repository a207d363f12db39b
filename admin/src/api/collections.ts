import { queryOptions, useQuery } from '@tanstack/react-query';
import { api, dataOf } from './client';
import type { Collection } from './types';

export const collectionsQuery = queryOptions({
  queryKey: ['collections'],
  queryFn: async () => dataOf(await api.GET('/collections')) as unknown as Collection[],
  staleTime: 60_000,
});

export function useCollections(): Collection[] {
  return useQuery(collectionsQuery).data ?? [];
}

/** A collection by its name or id. */
export function useCollection(name: string): Collection | undefined {
  return useCollections().find((c) => c.name === name || c.id === name);
}

/** The field that names an entry to people. */
export function titleField(collection: Collection): string | undefined {
  return collection.fields.find((f) => f.id === collection.title)?.name;
}

export function titleOf(collection: Collection | undefined, values: Record<string, unknown>): string {
  const name = collection && titleField(collection);
  const title = name ? values[name] : undefined;
  return typeof title === 'string' ? title : '';
}
