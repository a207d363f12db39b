import createClient from 'openapi-fetch';
import { createStore } from '../lib/store';
import { viewAs } from '../lib/viewAs';
import { Problem } from './problem';
import type { paths } from './schema';

/** Whether the session was found to be over. Whoever signs in again sets it back. */
export const expired = createStore(false);

/** The language that the API answers in; i18n sets it. */
export const language = createStore('fr');

// Lists of brackets and filters in JSON: the API reads both.
function querySerializer(query: Record<string, unknown>): string {
  const out: string[] = [];
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null || value === '') continue;
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
    out.push(`${encodeURIComponent(name)}=${encodeURIComponent(text)}`);
  }
  return out.join('&');
}

/** The typed client. Its calls throw a Problem instead of giving an error. */
export const api = createClient<paths>({ baseUrl: '/api/v1', querySerializer });

api.use({
  onRequest({ request }) {
    request.headers.set('Accept-Language', language.get());
    // Who looks as a role may still sign in and out as themselves.
    const own = /\/v1\/(session|me\/preferences)/.test(request.url);
    const role = viewAs.get();
    if (role && !own) request.headers.set('Recueil-View-As', role.id);
    return request;
  },
  async onResponse({ request, response }) {
    if (response.ok) return;
    const problem = await readProblem(response);
    if (problem.signedOut && !new URL(request.url).pathname.includes('/v1/session')) expired.set(true);
    throw problem;
  },
  onError() {
    return new Problem({ code: 'offline' }, 0);
  },
});

export async function readProblem(response: Response): Promise<Problem> {
  try {
    return new Problem((await response.json()) as Record<string, unknown>, response.status);
  } catch {
    return new Problem({}, response.status);
  }
}

/** The data of an answer that was a success. */
export function dataOf<T>(answer: { data?: { data: T } }): T {
  if (!answer.data) throw new Problem({}, 0);
  return answer.data.data;
}
