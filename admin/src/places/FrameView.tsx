import { useComputedColorScheme } from '@mantine/core';
import { useRouter } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { language } from '../api/client';
import type { Beside, Place } from '../api/places';
import { useNotify } from '../components/useNotify';
import { directionOf, useI18n } from '../i18n/i18n';
import { addressOf } from './Lead';

interface Props {
  place: Place;
  frame: { url: string; height?: number };
  params?: Record<string, string>;
  beside?(): Beside | undefined;
}

interface Request {
  id: number;
  call: string;
  args?: Record<string, unknown>;
}

const most = 4000; // pixels that a frame may be high

// Below a plugin's address these are the program's own: not for its frames.
const own = new Set(['actions', 'settings', 'logs', 'jobs', 'console', 'frames']);

/** The address below a plugin's own that a frame asks for; null: it may not. */
export function pathOf(plugin: string, path: unknown): string | null {
  if (typeof path !== 'string' || !path.startsWith('/')) return null;
  const base = `/api/v1/plugins/${plugin}`;
  const url = new URL(base + path, window.location.origin);
  if (url.origin !== window.location.origin || !url.pathname.startsWith(`${base}/`)) return null;
  // However it is written: a reserved word stays one.
  const first = decodeURIComponent(url.pathname.slice(base.length + 1).split('/')[0] ?? '').split('/')[0] ?? '';
  return own.has(first) ? null : url.pathname + url.search;
}

async function callPlugin(plugin: string, args: Record<string, unknown>): Promise<unknown> {
  const path = pathOf(plugin, args.path);
  if (!path) throw new Error('path');
  const answer = await fetch(path, {
    method: typeof args.method === 'string' ? args.method : 'GET',
    headers: { 'Accept-Language': language.get(), ...(args.body === undefined ? {} : { 'Content-Type': 'application/json' }) },
    body: args.body === undefined ? undefined : JSON.stringify(args.body),
  });
  const text = await answer.text();
  try {
    return { status: answer.status, body: JSON.parse(text) as unknown };
  } catch {
    return { status: answer.status, body: text };
  }
}

/** A file of a plugin in a frame of no origin. All that it knows of the site it asks by a port. */
export function FrameView({ place, frame, params, beside }: Props) {
  const { speech, pick } = useI18n();
  const theme = useComputedColorScheme();
  const router = useRouter();
  const notify = useNotify();
  const [height, setHeight] = useState(frame.height ?? 400);
  const element = useRef<HTMLIFrameElement>(null);
  const port = useRef<MessagePort | null>(null);
  const dirty = useRef(false);
  const context = { locale: speech, dir: directionOf(speech), theme, plugin: place.plugin, place: place.id, params: params ?? {}, entry: beside?.() };
  const latest = useRef(context);
  latest.current = context;

  const answer = async ({ call, args = {} }: Request): Promise<unknown> => {
    switch (call) {
      case 'context':
        return latest.current;
      case 'api':
        return callPlugin(place.plugin, args);
      case 'navigate':
        return router.history.push(addressOf(String(args.to ?? '/'), window.location.pathname).href);
      case 'toast':
        return notify(String(args.text ?? '').slice(0, 300), args.tone === 'danger' || args.tone === 'warning' ? 'wrong' : 'done');
      case 'resize':
        return setHeight(Math.min(Math.max(Number(args.height) || 0, 40), most));
      case 'dirty':
        dirty.current = args.dirty === true;
        return null;
    }
    throw new Error('call');
  };
  const open = () => {
    port.current?.close();
    const channel = new MessageChannel();
    port.current = channel.port1;
    channel.port1.onmessage = ({ data }: MessageEvent<Request>) => {
      const reply = (m: Record<string, unknown>) => channel.port1.postMessage({ id: data.id, ...m });
      answer(data).then(
        (value) => reply({ ok: true, value: value ?? null }),
        (error: unknown) => reply({ ok: false, error: { code: 'refused', detail: error instanceof Error ? error.message : '' } }),
      );
    };
    // A frame of no origin can be named by none.
    element.current?.contentWindow?.postMessage({ recueil: 1 }, '*', [channel.port2]);
  };
  useEffect(() => {
    const warn = (e: BeforeUnloadEvent) => dirty.current && e.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => {
      window.removeEventListener('beforeunload', warn);
      port.current?.close();
    };
  }, []);
  useEffect(() => port.current?.postMessage({ event: 'locale', value: { locale: speech, dir: directionOf(speech) } }), [speech]);
  useEffect(() => port.current?.postMessage({ event: 'theme', value: theme }), [theme]);
  const revision = context.entry?.revision;
  useEffect(() => port.current?.postMessage({ event: 'entry', value: latest.current.entry ?? null }), [revision]);

  return <iframe ref={element} key={frame.url} src={frame.url} title={pick(place.label, place.id)} sandbox="allow-scripts allow-forms allow-downloads" className="plugin-frame" style={{ height }} onLoad={open} />;
}
