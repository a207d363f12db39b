import { queryOptions } from '@tanstack/react-query';
import { api, dataOf } from './client';
import type { components } from './schema';

export type OwnSession = components['schemas']['ownsession'];
export type Token = components['schemas']['token'];
export type NewToken = components['schemas']['newtoken'];
export type Factor = components['schemas']['factorinfo'];

/** The browsers in which one is signed in. */
export const sessionsQuery = queryOptions({
  queryKey: ['me', 'sessions'],
  queryFn: async () => dataOf(await api.GET('/me/sessions')) as OwnSession[],
});

export const identitiesQuery = queryOptions({
  queryKey: ['me', 'identities'],
  queryFn: async () => (dataOf(await api.GET('/me/identities')) ?? []) as components['schemas']['identity'][],
});

export const tokensQuery = queryOptions({
  queryKey: ['tokens'],
  queryFn: async () => dataOf(await api.GET('/tokens', { params: { query: { 'page[size]': 100 } } })) as Token[],
});

export async function changePassword(current: string, password: string): Promise<void> {
  await api.POST('/me/password', { body: { current, password } });
}

export async function beginFactor(password: string): Promise<Factor> {
  return dataOf((await api.POST('/me/second-factor', { body: { password } })) as { data?: { data: Factor } });
}

const codesOf = (answer: unknown) => dataOf(answer as { data?: { data: { recovery_codes: string[] } } }).recovery_codes;

export const confirmFactor = async (code: string) => codesOf(await api.POST('/me/second-factor/confirm', { body: { code } }));

export const renewCodes = async (code: string) => codesOf(await api.POST('/me/second-factor/recovery-codes', { body: { code } }));

export async function removeFactor(proof: { password?: string; code?: string }): Promise<void> {
  await api.POST('/me/second-factor/remove', { body: proof });
}
