import { queryOptions } from '@tanstack/react-query';
import { expired, language, readProblem } from './client';
import { Problem } from './problem';
import type { Texts } from './types';

export interface Scope {
  id: string;
  text: string;
  why?: string;
  elevated?: boolean;
  new?: boolean;
}

export interface Surface {
  calls: number;
  failures: number;
  late: number;
  rejected: number;
  in_flight: number;
  limit: number;
  deadline_ms: number;
  last_ms: number;
}

export interface PluginStatus {
  state: 'waiting' | 'disabled' | 'starting' | 'running' | 'failing' | 'halted';
  cause?: { code: string; detail?: string };
  version?: string;
  confined?: string;
  pid?: number;
  since?: string;
  health?: string;
  restarts: number;
  figures: { calls: number; failures: number; unchecked: number; events: number; dead_letters: number };
  surfaces?: Record<string, Surface>;
  calls?: { at: string; surface: string; what: string; ms: number; deadline_ms: number; error?: string }[] | null;
  told?: number;
  head: number;
  last?: { at: string; text: string; host?: boolean }[] | null;
}

export interface Schema {
  type?: string;
  title?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  enum?: unknown[];
  items?: Schema;
  format?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  default?: unknown;
  'x-label'?: Texts;
  'x-help'?: Texts;
  'x-order'?: number;
  'x-options'?: Record<string, Texts>;
  'x-visible-if'?: Record<string, unknown>;
}

export interface Plugin {
  name: string;
  label?: Texts;
  help?: Texts;
  revision: number;
  enabled: boolean;
  version?: string;
  previous?: string;
  pending?: { version: string; scopes: Scope[] };
  scopes: Scope[];
  settings_schema?: Schema;
  settings?: Record<string, unknown>;
  secrets: { name: string; label?: Texts; required?: boolean; set: boolean }[];
  status?: PluginStatus;
}

/** What comes with the program, and may be installed by its name. */
export interface Bundled {
  name: string;
  label?: Texts;
}

async function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(`/api/v1/plugins${path}`, {
      method,
      headers: { 'Accept-Language': language.get(), ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Problem({ code: 'offline' }, 0);
  }
  if (answer.ok) return answer;
  const problem = await readProblem(answer);
  if (problem.signedOut) expired.set(true);
  throw problem;
}

async function call<T>(...request: Parameters<typeof send>): Promise<T> {
  const answer = await send(...request);
  return answer.status === 204 ? (undefined as T) : ((await answer.json()) as { data: T }).data;
}

export const pluginsQuery = queryOptions({
  queryKey: ['plugins'],
  refetchInterval: 10_000,
  queryFn: async (): Promise<{ plugins: Plugin[]; bundled: Bundled[] }> => {
    const { data, meta } = (await (await send('GET', '')).json()) as { data: Plugin[]; meta?: { bundled?: Bundled[] } };
    return { plugins: data, bundled: meta?.bundled ?? [] };
  },
});

/** One plugin, watched: what it does changes by itself. */
export const pluginQuery = (name: string) =>
  queryOptions({ queryKey: ['plugins', name], queryFn: () => call<Plugin>('GET', `/${name}`), refetchInterval: 3_000 });

export type PluginAct = 'enable' | 'disable' | 'rollback' | 'restart';

export const actOnPlugin = (name: string, act: PluginAct) => call<Plugin>('POST', `/${name}/actions/${act}`);
export const approvePlugin = (name: string, version: string) => call<Plugin>('POST', `/${name}/actions/approve`, { version });
export const removePlugin = (name: string) => call<void>('DELETE', `/${name}`);
export const installBundled = (name: string) => call<Plugin>('POST', `?bundled=${encodeURIComponent(name)}`);
export const configurePlugin = (name: string, revision: number, settings: Record<string, unknown>, secrets: Record<string, string | null>) =>
  call<Plugin>('PATCH', `/${name}/settings`, { settings, ...(Object.keys(secrets).length > 0 ? { secrets } : {}) }, { 'If-Match': `"${revision}"` });

/** Sends a bundle and tells how far it is, from 0 to 1. */
export function installBundle(file: File, progress: (part: number) => void): Promise<Plugin> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', '/api/v1/plugins');
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.setRequestHeader('Accept-Language', language.get());
    request.responseType = 'json';
    request.upload.onprogress = (e) => e.lengthComputable && progress(e.loaded / e.total);
    request.onerror = () => reject(new Problem({ code: 'offline' }, 0));
    request.onload = () => {
      const body = (request.response ?? {}) as Record<string, unknown>;
      if (request.status === 201) return resolve(body.data as Plugin);
      if (request.status === 401) expired.set(true);
      reject(new Problem(body, request.status));
    };
    request.send(file);
  });
}
