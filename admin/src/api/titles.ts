import { useQueries } from '@tanstack/react-query';
import { useCollections } from './collections';
import { listAcross, type Named } from './entries';

export type Title = Pick<Named, 'id' | 'title' | 'collection'>;

const most = 100; // ids in one question

/** The titles of entries of some collections, or of all, by id. Those that are not there are missing. */
export function useTitles(collections: string[] | null, ids: string[], locale: string, trashed = false): Map<string, Title> {
  const all = useCollections();
  const wanted = [...new Set(ids)].sort();
  const within = collections && all.filter((c) => collections.includes(c.id)).map((c) => c.id);
  const batches: string[][] = [];
  if (within?.length !== 0) for (let i = 0; i < wanted.length; i += most) batches.push(wanted.slice(i, i + most));
  return useQueries({
    queries: batches.map((batch) => ({
      queryKey: ['entries', 'titles', locale, trashed, within, batch],
      queryFn: () => listAcross({ collections: within ?? undefined, filter: { id: { _in: batch } }, locale, trashed, size: most }),
      staleTime: 60_000,
    })),
    combine: (results) => new Map(results.flatMap((r) => r.data ?? []).map((t): [string, Title] => [t.id, t])),
  });
}
