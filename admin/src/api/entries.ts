import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, dataOf } from './client';
import { Problem } from './problem';
import type { Entry, LocaleState, Status, Values } from './types';

export interface ListQuery {
  collection: string;
  filter?: Record<string, unknown>;
  fields?: string;
  sort?: string;
  size?: number;
  after?: string;
  before?: string;
  locale: string;
  trashed?: boolean;
}

export interface EntryPage {
  entries: Entry[];
  next?: string;
  prev?: string;
}

// The cursor in the address of a neighbouring page.
function cursor(link: string | undefined, name: string): string | undefined {
  return link ? (new URL(link, window.location.origin).searchParams.get(name) ?? undefined) : undefined;
}

function parameters(q: ListQuery) {
  return { filter: q.filter, locale: q.locale, fallback: '*', version: 'draft', trashed: q.trashed || undefined };
}

export async function listEntries(q: ListQuery, signal?: AbortSignal): Promise<EntryPage> {
  const answer = await api.GET('/entries/{collection}', {
    signal,
    params: {
      path: { collection: q.collection },
      query: {
        ...parameters(q),
        fields: q.fields,
        sort: q.sort,
        'page[size]': q.size,
        'page[after]': q.after,
        'page[before]': q.before,
      },
    },
  });
  const links = answer.data?.links;
  return {
    entries: dataOf(answer) as unknown as Entry[],
    next: cursor(links?.next, 'page[after]'),
    prev: cursor(links?.prev, 'page[before]'),
  };
}

/** An entry of some collection, by its title. */
export interface Named {
  id: string;
  title: string;
  /** By its name. */
  collection: string;
  status: Status;
  updated_at: string;
}

export interface AcrossQuery {
  locale: string;
  filter?: Record<string, unknown>;
  /** Words of the title. */
  title?: string;
  /** Only collections in which one may do that. */
  may?: string;
  collections?: string[];
  trashed?: boolean;
  size?: number;
}

/** The newest entries of all collections that fit: one question for all of them. */
export async function listAcross(q: AcrossQuery, signal?: AbortSignal): Promise<Named[]> {
  const answer = await api.GET('/entries', {
    signal,
    params: { query: { filter: q.filter, title: q.title, may: q.may, collections: q.collections?.join(), trashed: q.trashed || undefined, locale: q.locale, fallback: '*', 'page[size]': q.size } },
  });
  return (dataOf(answer) as unknown as Named[]).map((e) => ({ ...e, title: e.title ?? '' }));
}

export const entriesQuery = (q: ListQuery) =>
  queryOptions({
    queryKey: ['entries', q.collection, 'list', q],
    queryFn: ({ signal }) => listEntries(q, signal),
    placeholderData: keepPreviousData,
  });

/** How many entries match. Asked apart, so that no list waits for the count. */
export const countQuery = (q: ListQuery) =>
  queryOptions({
    queryKey: ['entries', q.collection, 'count', q.filter, q.trashed],
    queryFn: async ({ signal }) => {
      const answer = await api.GET('/entries/{collection}', {
        signal,
        params: {
          path: { collection: q.collection },
          query: { ...parameters(q), fields: 'id', 'page[size]': 1, count: 'exact' },
        },
      });
      const page = answer.data?.meta as { page?: { total?: number } } | undefined;
      return page?.page?.total ?? 0;
    },
    staleTime: 10_000,
  });

export interface EntryAnswer {
  entry: Entry;
  states: Record<string, LocaleState>;
}

function answerOf(answer: { data?: { data: unknown; meta?: unknown } }): EntryAnswer {
  const meta = answer.data?.meta as { states?: Record<string, LocaleState> } | undefined;
  return { entry: dataOf(answer as { data?: { data: unknown } }) as Entry, states: meta?.states ?? {} };
}

/** One locale of an entry as it is being written, or null when it has none. */
export async function getEntry(collection: string, id: string, locale: string): Promise<EntryAnswer | null> {
  try {
    return answerOf(
      await api.GET('/entries/{collection}/{entry}', {
        params: { path: { collection, entry: id }, query: { locale, fallback: 'none', version: 'draft' } },
      }),
    );
  } catch (error) {
    if (error instanceof Problem && error.code === 'entry_not_in_locale') return null;
    throw error;
  }
}

/** An entry in the language that it has, whichever that is. */
export async function getAnyEntry(collection: string, id: string, locale: string, trashed = false): Promise<EntryAnswer> {
  return answerOf(
    await api.GET('/entries/{collection}/{entry}', {
      params: {
        path: { collection, entry: id },
        query: { locale, fallback: '*', version: 'draft', trashed: trashed || undefined },
      },
    }),
  );
}

const match = (revision: number | undefined) =>
  revision === undefined ? {} : { 'If-Match': `"${revision}"` };

/** Saves values by locale. */
export async function saveEntry(collection: string, id: string, revision: number, locales: Record<string, Values>) {
  return answerOf(
    await api.PATCH('/entries/{collection}/{entry}', {
      params: { path: { collection, entry: id } },
      headers: match(revision),
      body: { locales } as never,
    }),
  );
}

export async function createEntry(collection: string, locales: Record<string, Values>, key?: string) {
  return answerOf(
    await api.POST('/entries/{collection}', {
      params: { path: { collection } },
      headers: key ? { 'Idempotency-Key': key } : {},
      body: { locales } as never,
    }),
  );
}

/** What somebody knows and wants all the same when an entry goes into the trash. */
export interface TrashAnyway {
  /** Others point at it. */
  force?: boolean;
  /** There are entries below it: they go along. */
  children?: boolean;
}

/** Puts an entry into the trash; gives its revision there, for whoever takes it back. */
export async function trashEntry(collection: string, id: string, revision?: number, anyway: TrashAnyway = {}): Promise<number | undefined> {
  const { response } = await api.DELETE('/entries/{collection}/{entry}', {
    params: { path: { collection, entry: id }, query: anyway },
    headers: match(revision),
  });
  const tag = /^"(\d+)"$/.exec(response.headers.get('ETag') ?? '');
  return tag ? Number(tag[1]) : undefined;
}

export type ActName =
  | 'publish' | 'unpublish' | 'schedule' | 'submit' | 'approve' | 'reject' | 'revert'
  | 'discard-draft' | 'copy' | 'restore' | 'purge' | 'erase' | 'comment' | 'settle';

/** Carries out an act on an entry. */
export async function actOnEntry(collection: string, id: string, act: ActName, body: Values, revision?: number) {
  const answer = await api.POST(`/entries/{collection}/{entry}/actions/${act}` as '/entries/{collection}/{entry}/actions/publish', {
    params: { path: { collection, entry: id } },
    headers: match(revision),
    body: body as never,
  });
  return answer.data ? answerOf(answer as never) : null;
}
