import { useCallback, useEffect, useRef, useSyncExternalStore } from 'react';
import { interact, type Place, type Shown } from '../api/places';
import { asProblem } from '../api/problem';
import type { Values } from '../api/types';

/** Something that was pressed while there was no network. */
export interface Press {
  key: string;
  plugin: string;
  place: string;
  action: string;
  values: Values;
  params?: Record<string, string>;
  pressed: string;
}

// More than a full room in a day; beyond it a press is refused as without this.
const most = 2000;
const again = 15_000;

const listeners = new Set<() => void>();
const shelf = (user: string) => `recueil.waiting.${user}`;
const none: Press[] = [];
const known = new Map<string, { raw: string; list: Press[] }>();

// What waits is the person's own: whoever signs in next on a shared device
// neither sees nor sends it.
function read(user: string): Press[] {
  const raw = localStorage.getItem(shelf(user));
  if (!raw) return none;
  const last = known.get(user);
  if (last?.raw === raw) return last.list;
  let list = none;
  try {
    list = JSON.parse(raw) as Press[];
  } catch {
    list = none;
  }
  known.set(user, { raw, list });
  return list;
}

function write(user: string, list: Press[]) {
  if (list.length) localStorage.setItem(shelf(user), JSON.stringify(list));
  else localStorage.removeItem(shelf(user));
  for (const tell of listeners) tell();
}

const watch = (tell: () => void) => {
  listeners.add(tell);
  window.addEventListener('storage', tell);
  return () => {
    listeners.delete(tell);
    window.removeEventListener('storage', tell);
  };
};

// Worth another try: nobody has answered, or not yet, or one has to sign in first.
const later = (error: unknown): boolean => asProblem(error).passing || asProblem(error).signedOut;

/** What becomes of what has waited. */
export interface Sent {
  /** A press was taken, and this is shown then. */
  taken(shown: Shown): void;
  /** A press was refused for good, and waits no longer. */
  refused(error: unknown): void;
  /** Nothing waits any more. */
  done(count: number): void;
}

/** Keeps what is pressed at a place without a network, and sends it in its order when there is one. */
export function useWaiting(user: string, place: Place, sent: Sent) {
  const all = useSyncExternalStore(watch, () => read(user));
  const waiting = all.filter((p) => p.plugin === place.plugin && p.place === place.id);
  const told = useRef(sent);
  told.current = sent;

  const keep = useCallback((action: string, values: Values, params?: Record<string, string>): boolean => {
    const list = read(user);
    if (list.length >= most) return false;
    write(user, [...list, { key: crypto.randomUUID(), plugin: place.plugin, place: place.id, action, values, params, pressed: new Date().toISOString() }]);
    return true;
  }, [user, place.plugin, place.id]);

  // One window sends at a time, each press before the next.
  const flush = useCallback(() => navigator.locks.request(shelf(user), { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    for (let count = 0; ; count++) {
      const press = read(user).find((p) => p.plugin === place.plugin && p.place === place.id);
      if (!press) {
        if (count) told.current.done(count);
        return;
      }
      let then: () => void;
      try {
        const shown = await interact(place, { action: press.action, values: press.values, params: press.params, pressed: press.pressed }, press.key);
        then = () => told.current.taken(shown);
      } catch (error) {
        if (later(error)) return;
        then = () => told.current.refused(error);
      }
      write(user, read(user).filter((p) => p.key !== press.key));
      then();
    }
  }), [user, place]);

  useEffect(() => {
    if (!waiting.length) return;
    void flush();
    const timer = window.setInterval(() => void flush(), again);
    const online = () => void flush();
    window.addEventListener('online', online);
    return () => {
      window.clearInterval(timer);
      window.removeEventListener('online', online);
    };
  }, [flush, waiting.length === 0]);

  return { waiting, keep };
}
