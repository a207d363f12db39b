import { queryOptions, useQuery } from '@tanstack/react-query';
import { api, dataOf } from './client';

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: async () => dataOf(await api.GET('/me')),
  staleTime: 5 * 60_000,
});

export interface Permission {
  collection: string;
  name?: string;
  verbs: Record<string, { rows?: unknown[]; fields?: string[] }>;
}

export const permissionsQuery = queryOptions({
  queryKey: ['permissions'],
  queryFn: async () => {
    const answer = await api.GET('/me/permissions');
    return (answer.data as unknown as { data: Permission[] }).data;
  },
  staleTime: 60_000,
});

export async function signIn(email: string, password: string): Promise<void> {
  await api.POST('/session', { body: { email, password } });
}

/** How one may sign in here, besides the password. */
export const waysQuery = queryOptions({
  queryKey: ['ways'],
  queryFn: async () => dataOf(await api.GET('/session/ways')),
  staleTime: Infinity,
});

/** The second step: the code of an app, or a recovery code. */
export async function enterCode(ticket: string, code: string): Promise<void> {
  await api.POST('/session/code', { body: { ticket, code } });
}

/** Asks for a letter with a link that signs in. */
export async function askLink(email: string): Promise<void> {
  await api.POST('/session/links', { body: { email } });
}

export async function signOut(): Promise<void> {
  await api.DELETE('/session');
}

/** What the caller may do; nothing until it is known. */
export interface Rights {
  may(verb: string, collection: string): boolean;
  /** Whether one may do something with any collection of content. */
  any(verb: string): boolean;
  /** The fields that a verb reaches, or undefined for all. */
  fields(verb: string, collection: string): string[] | undefined;
}

export function rightsOf(permissions: Permission[]): Rights {
  const find = (collection: string) => permissions.find((p) => p.name === collection || p.collection === collection);
  return {
    may: (verb, collection) => find(collection)?.verbs[verb] !== undefined,
    any: (verb) => permissions.some((p) => !p.collection.startsWith('@') && p.verbs[verb] !== undefined),
    fields: (verb, collection) => find(collection)?.verbs[verb]?.fields,
  };
}

export function useRights(): Rights {
  const { data } = useQuery(permissionsQuery);
  return rightsOf(data ?? []);
}

export function useMe() {
  return useQuery(meQuery).data;
}

/** The languages of the site's content, first choice first. */
export function useLocales(): string[] {
  return useMe()?.locales ?? ['fr'];
}
