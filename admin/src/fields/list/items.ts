import { useMemo, useRef } from 'react';
import type { Values } from '../../api/types';
import { listOf, objectOf } from '../types';
import { moved, replaced, without } from './move';

/** What can be done with the items of a list. The same from one drawing to the next. */
export interface ItemActs {
  add(item: Values): void;
  change(at: number, item: Values): void;
  move(from: number, to: number): void;
  remove(at: number): void;
}

/**
 * The items of a list and the ways to change them. An item that stays as it is
 * stays the same object, so that a long list need not be drawn again at each
 * key.
 */
export function useItems(value: unknown, onChange: (value: unknown) => void, read: (item: unknown) => Values = objectOf): { items: Values[]; acts: ItemActs } {
  const known = useRef(new WeakMap<object, Values>());
  const items = listOf(value).map((item) => {
    const made = item !== null && typeof item === 'object' ? known.current.get(item) : undefined;
    const out = made ?? read(item);
    if (item !== null && typeof item === 'object') known.current.set(item, out);
    return out;
  });
  const now = useRef({ items, onChange });
  now.current = { items, onChange };
  const acts = useMemo<ItemActs>(() => {
    const set = (next: Values[]) => now.current.onChange(next.length > 0 ? next : null);
    return {
      add: (item) => set([...now.current.items, item]),
      change: (at, item) => set(replaced(now.current.items, at, item)),
      move: (from, to) => set(moved(now.current.items, from, to)),
      remove: (at) => set(without(now.current.items, at)),
    };
  }, []);
  return { items, acts };
}

/** An id of an item, in the form that the server gives. */
export function newItemID(): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz234567';
  return Array.from(crypto.getRandomValues(new Uint8Array(10)), (b) => letters[b % 32]).join('');
}
