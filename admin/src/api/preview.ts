import { queryOptions } from '@tanstack/react-query';
import { api, dataOf } from './client';

export interface PreviewLink {
  url: string;
  expires_at: string;
}

/** A link to the page of an entry as visitors will see it; it is good for as many minutes. */
export async function makePreview(collection: string, entry: string, locale: string, minutes: number): Promise<PreviewLink> {
  return dataOf(await api.POST('/entries/{collection}/{entry}/preview' as never, { params: { path: { collection, entry } }, body: { locale, minutes } } as never)) as PreviewLink;
}

const look = 120; // minutes that the link of an editor is good for

export const previewQuery = (collection: string, entry: string, locale: string) =>
  queryOptions({
    queryKey: ['preview', collection, entry, locale],
    queryFn: () => makePreview(collection, entry, locale, look),
    staleTime: (look - 20) * 60_000,
    refetchInterval: (look - 20) * 60_000,
    refetchOnWindowFocus: false,
    gcTime: 0,
    retry: false,
  });
