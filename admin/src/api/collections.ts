import { queryOptions, useQuery } from '@tanstack/react-query';
import { useStore } from '../lib/store';
import { api, dataOf, language } from './client';
import type { Collection } from './types';

/** The collections with their texts in one language, or, to write them anew, in all. */
const collectionsQuery = (texts?: string) =>
  queryOptions({
    queryKey: ['collections', texts ?? 'all'],
    queryFn: async () => dataOf(await api.GET('/collections', { params: { query: { texts } } })) as unknown as Collection[],
    staleTime: 60_000,
  });

/** The collections as they read in the language of the console: not to be saved. */
export function useCollections(): Collection[] {
  return useQuery(collectionsQuery(useStore(language))).data ?? [];
}

/** The collections whole, with their texts in all languages: to change them, or to know a field by any of its labels. */
export function useModel(): Collection[] {
  return useQuery(collectionsQuery()).data ?? [];
}

/** A collection by its name or id. */
export function useCollection(name: string): Collection | undefined {
  return named(useCollections(), name);
}

export function named(all: Collection[], name: string): Collection | undefined {
  return all.find((c) => c.name === name || c.id === name);
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
