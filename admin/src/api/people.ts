import { queryOptions } from '@tanstack/react-query';
import { api, dataOf } from './client';
import type { components } from './schema';
import type { Texts, User } from './types';

const page = 100; // the API's largest
const most = 20; // pages

/** The accounts, for those who manage them. */
export const usersQuery = queryOptions({
  queryKey: ['users'],
  queryFn: async () => {
    const all: User[] = [];
    let after: string | undefined;
    for (let i = 0; i < most; i++) {
      const answer = await api.GET('/users', { params: { query: { 'page[size]': page, 'page[after]': after } } });
      all.push(...(dataOf(answer) as User[]));
      const next = (answer.data?.links as { next?: string } | undefined)?.next;
      if (!next) break;
      after = new URL(next, window.location.origin).searchParams.get('page[after]') ?? undefined;
    }
    return all;
  },
  staleTime: 60_000,
});

/** One right of a role: some verbs on a collection, perhaps of some rows and fields only. */
export interface Grant {
  collection: string;
  verbs: string[];
  rows?: Record<string, unknown>;
  /** Ids of fields; absent: all of them. */
  fields?: string[];
}

export interface Role {
  id: string;
  name: string;
  label?: Texts;
  help?: Texts;
  grants: Grant[];
  sees?: '' | 'members' | 'coordinators';
  second_factor?: boolean;
  builtin?: boolean;
  revision: number;
}

export const rolesQuery = queryOptions({
  queryKey: ['roles'],
  queryFn: async () => (dataOf(await api.GET('/roles')) ?? []) as unknown as Role[],
  staleTime: 60_000,
});

export async function saveRole(role: Role, isNew: boolean): Promise<void> {
  const { revision, builtin: _, ...body } = role;
  if (isNew) await api.POST('/roles', { body: body as never });
  else {
    const params = { path: { role: role.id } };
    await api.PATCH('/roles/{role}', { params, headers: { 'If-Match': `"${revision}"` }, body: { ...body, sees: body.sees ?? '', second_factor: body.second_factor ?? false } as never });
  }
}

export async function removeRole(id: string, force: boolean): Promise<void> {
  await api.DELETE('/roles/{role}', { params: { path: { role: id }, query: { force: force || undefined } as never } });
}

/** Why somebody may do something or not: what each grant of their roles says of it. */
export interface Explanation {
  allowed: boolean;
  roles: string[];
  reasons: { role: string; grant: number; verdict: string; rows?: Record<string, unknown>; fields?: string[] }[];
  waiting?: string[];
}

export const explanationQuery = (user: string, verb: string, collection: string, entry: string) =>
  queryOptions({
    queryKey: ['explanation', user, verb, collection, entry],
    queryFn: async () => {
      const answer = await api.GET('/users/{user}/permissions', {
        params: { path: { user }, query: { explain: verb, collection, entry: entry || undefined } as never },
      });
      return (answer.data as unknown as { data: Explanation }).data;
    },
  });

export type Token = components['schemas']['token'];
