import { createStore } from '../lib/store';
import { expired, language, readProblem } from './client';
import { Problem, asProblem } from './problem';

/** One file on its way in. */
export interface Upload {
  key: string;
  name: string;
  size: number;
  sent: number;
  state: 'waiting' | 'sending' | 'finishing' | 'paused' | 'failed' | 'done';
  wrong?: string;
  /** What it became, once done. */
  asset?: string;
}

interface Kept {
  key: string;
  file: File;
  folder: string;
  /** The asset whose file it replaces. */
  replaces?: string;
  /** Where the server takes it, once it knows of it. */
  where?: string;
  paused?: boolean;
}

const chunk = 2 << 20; // bytes of one request: what a bad line loses at most
const again = 4_000; // before trying anew when the server was not reached
const tus = { 'Tus-Resumable': '1.0.0' };

/** The uploads of this window, those of before a reload too. */
export const uploads = createStore<Upload[]>([]);

// Files that are not sent yet stay in the browser, so that closing the window
// loses none. Where that is forbidden they last as long as the window.
const remembered = new Map<string, Kept>();

function database(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('recueil-uploads', 1);
    request.onupgradeneeded = () => request.result.createObjectStore('files', { keyPath: 'key' });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error as Error);
  });
}

async function keep(work: (files: IDBObjectStore) => IDBRequest): Promise<unknown> {
  try {
    const db = await database();
    return await new Promise((resolve, reject) => {
      const request = work(db.transaction('files', 'readwrite').objectStore('files'));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error as Error);
    });
  } catch {
    return undefined;
  }
}

const remember = (k: Kept) => {
  remembered.set(k.key, k);
  return keep((files) => files.put(k));
};

const forget = (key: string) => {
  remembered.delete(key);
  return keep((files) => files.delete(key));
};

const note = (key: string, change: Partial<Upload>) => uploads.set(uploads.get().map((u) => (u.key === key ? { ...u, ...change } : u)));

/** Takes files in, one after the other: a poor line is not faster for being shared. */
export async function upload(files: File[], folder = '', replaces?: string): Promise<void> {
  for (const file of files) {
    const kept: Kept = { key: crypto.randomUUID(), file, folder, replaces };
    uploads.set([...uploads.get(), { key: kept.key, name: file.name, size: file.size, sent: 0, state: 'waiting' }]);
    await remember(kept);
  }
  void run();
}

export async function pauseUpload(key: string): Promise<void> {
  note(key, { state: 'paused' });
  if (current?.key === key) current.stop.abort();
  const kept = remembered.get(key);
  if (kept) await remember({ ...kept, paused: true });
}

export async function resumeUpload(key: string): Promise<void> {
  note(key, { state: 'waiting', wrong: undefined });
  const kept = remembered.get(key);
  if (kept) await remember({ ...kept, paused: false });
  void run();
}

export async function cancelUpload(key: string): Promise<void> {
  const kept = remembered.get(key);
  if (current?.key === key) current.stop.abort();
  uploads.set(uploads.get().filter((u) => u.key !== key));
  await forget(key);
  // What the server has of it goes by itself after a week if this does not reach it.
  if (kept?.where) await fetch(kept.where, { method: 'DELETE', headers: tus }).catch(() => undefined);
}

/** Takes an upload that is over off the list. */
export const dismissUpload = (key: string) => uploads.set(uploads.get().filter((u) => u.key !== key));

let loaded = false;

/** Goes on with what an earlier visit did not finish. */
export async function loadUploads(): Promise<void> {
  if (loaded) return;
  loaded = true;
  const kept = ((await keep((files) => files.getAll())) as Kept[] | undefined) ?? [];
  for (const k of kept) {
    if (remembered.has(k.key)) continue;
    remembered.set(k.key, k);
    uploads.set([...uploads.get(), { key: k.key, name: k.file.name, size: k.file.size, sent: 0, state: k.paused ? 'paused' : 'waiting' }]);
    if (k.paused && k.where) void offsetOf(k.where).then((sent) => note(k.key, { sent })).catch(() => undefined);
  }
  void run();
}

let current: { key: string; stop: AbortController } | null = null;

async function run(): Promise<void> {
  if (current) return;
  const next = uploads.get().find((u) => u.state === 'waiting');
  const kept = next && remembered.get(next.key);
  if (!kept) return;
  const stop = new AbortController();
  current = { key: kept.key, stop };
  try {
    note(kept.key, { state: 'sending' });
    const asset = await send(kept, stop.signal);
    note(kept.key, { state: 'done', asset, sent: kept.file.size });
    await forget(kept.key);
  } catch (error) {
    if (!stop.signal.aborted) await stumbled(kept.key, asProblem(error));
  } finally {
    current = null;
  }
  void run();
}

// What passes is tried again; what was refused waits for a person.
async function stumbled(key: string, problem: Problem): Promise<void> {
  if (problem.passing) {
    note(key, { state: 'paused' });
    setTimeout(() => {
      if (uploads.get().find((u) => u.key === key)?.state === 'paused' && !remembered.get(key)?.paused) void resumeUpload(key);
    }, again);
    return;
  }
  if (problem.signedOut) expired.set(true);
  note(key, { state: 'failed', wrong: problem.message });
}

async function send(kept: Kept, signal: AbortSignal): Promise<string> {
  let where = kept.where;
  let offset = 0;
  if (where) {
    try {
      offset = await offsetOf(where, signal);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 404) throw error;
      where = undefined; // the server forgot it: from the start, then
    }
  }
  if (!where) {
    where = await begin(kept, signal);
    await remember({ ...kept, where });
  }
  for (;;) {
    note(kept.key, { sent: offset, state: offset < kept.file.size ? 'sending' : 'finishing' });
    if (offset >= kept.file.size && kept.file.size > 0) break;
    const answer = await ask(where, {
      method: 'PATCH', signal, body: kept.file.slice(offset, offset + chunk),
      headers: { ...tus, 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': String(offset) },
    });
    offset = Number(answer.headers.get('Upload-Offset'));
    if (kept.file.size === 0) break;
  }
  return finished(where, signal);
}

async function begin(kept: Kept, signal: AbortSignal): Promise<string> {
  const meta = Object.entries({ filename: kept.file.name, folder: kept.folder, asset: kept.replaces ?? '' })
    .filter(([, v]) => v)
    .map(([k, v]) => `${k} ${base64(v)}`)
    .join(',');
  const answer = await ask('/api/v1/uploads', { method: 'POST', signal, headers: { ...tus, 'Upload-Length': String(kept.file.size), 'Upload-Metadata': meta } });
  return answer.headers.get('Location') ?? '';
}

const base64 = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

async function offsetOf(where: string, signal?: AbortSignal): Promise<number> {
  const answer = await ask(where, { method: 'HEAD', headers: tus, signal });
  return Number(answer.headers.get('Upload-Offset'));
}

// The server reads the file before it is an asset; it says when that is done.
async function finished(where: string, signal: AbortSignal): Promise<string> {
  for (;;) {
    const { data } = (await (await ask(where, { signal })).json()) as { data: { state: string; asset?: string; failed?: string } };
    if (data.state === 'done') return data.asset ?? '';
    if (data.state === 'failed') throw new Problem({ code: data.failed, detail: data.failed }, 422);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function ask(where: string, init: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(where, { ...init, headers: { 'Accept-Language': language.get(), ...init.headers } });
  } catch {
    throw new Problem({ code: 'offline' }, 0);
  }
  if (!answer.ok) throw await readProblem(answer);
  return answer;
}
