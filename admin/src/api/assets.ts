import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, dataOf, expired, language } from './client';
import { Problem } from './problem';
import type { Asset, Entry } from './types';

export const assetsQuery = (place: { folder?: string; tag?: string }) =>
  infiniteQueryOptions({
    queryKey: ['assets', 'list', place],
    initialPageParam: '',
    queryFn: async ({ pageParam, signal }) => {
      const answer = await api.GET('/assets', { signal, params: { query: { ...place, 'page[size]': 60, 'page[after]': pageParam } } });
      const next = answer.data?.links?.next;
      return {
        assets: dataOf(answer) as Asset[],
        next: next ? new URL(next, window.location.origin).searchParams.get('page[after]') : null,
      };
    },
    getNextPageParam: (last) => last.next,
  });

export const assetQuery = (id: string) =>
  queryOptions({
    queryKey: ['assets', 'one', id],
    queryFn: async () => dataOf(await api.GET('/assets/{asset}', { params: { path: { asset: id } } })) as Asset,
    staleTime: 60_000,
  });

/** The entries that use an asset, as they are being written. */
export const usageQuery = (id: string) =>
  queryOptions({
    queryKey: ['assets', 'usage', id],
    queryFn: async () => {
      const answer = await api.GET('/assets/{asset}/backlinks', { params: { path: { asset: id }, query: { version: 'draft' } } });
      return dataOf(answer) as unknown as { field: string; entry: Entry }[];
    },
  });

/** What was read in a file, one page of it. */
export const assetTextQuery = (id: string, page: number) =>
  queryOptions({
    queryKey: ['assets', 'text', id, page],
    staleTime: 60_000,
    queryFn: async () => dataOf(await api.GET('/assets/{asset}/text' as never, { params: { path: { asset: id }, query: { number: page } } } as never)) as { page: number; pages: number; text: string },
  });

export async function saveAsset(asset: Asset, change: Partial<Asset>): Promise<Asset> {
  return dataOf(
    await api.PATCH('/assets/{asset}', {
      params: { path: { asset: asset.id } },
      headers: { 'If-Match': `"${asset.revision}"` },
      body: change as never,
    }),
  ) as Asset;
}

export async function removeAsset(asset: Asset, force = false): Promise<void> {
  await api.DELETE('/assets/{asset}', {
    params: { path: { asset: asset.id }, query: { force: force || undefined } },
    headers: { 'If-Match': `"${asset.revision}"` },
  });
}

/**
 * Sends a file and tells how far it is, from 0 to 1. XMLHttpRequest, because
 * fetch does not say how much of a body has gone.
 */
export function uploadAsset(file: File, folder: string, progress: (part: number) => void, signal?: AbortSignal): Promise<Asset> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const where = new URLSearchParams({ name: file.name, ...(folder ? { folder } : {}) });
    request.open('POST', `/api/v1/assets?${where}`);
    request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
    request.setRequestHeader('Accept-Language', language.get());
    request.responseType = 'json';
    request.upload.onprogress = (e) => e.lengthComputable && progress(e.loaded / e.total);
    request.onerror = () => reject(new Problem({ code: 'offline' }, 0));
    request.onabort = () => reject(new DOMException('', 'AbortError'));
    request.onload = () => {
      const body = (request.response ?? {}) as Record<string, unknown>;
      if (request.status === 201) return resolve(body.data as Asset);
      if (request.status === 401) expired.set(true);
      reject(new Problem(body, request.status));
    };
    signal?.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}
