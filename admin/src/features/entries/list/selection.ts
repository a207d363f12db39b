import { useCallback, useRef, useState } from 'react';

/** The entries that somebody has marked, with their titles. */
export interface Selection {
  marked: Map<string, string>;
  has(id: string): boolean;
  toggle(id: string, range?: boolean): void;
  all(on: boolean): void;
  take(more: [string, string][]): void;
  clear(): void;
}

/** Marks rows of a page: one by one, or from the last one on with Shift. Other pages keep their marks. */
export function useSelection(page: { id: string; title: string }[]): Selection {
  const [marked, setMarked] = useState<Map<string, string>>(new Map());
  const last = useRef<string | null>(null);

  const set = useCallback((rows: { id: string; title: string }[], on: boolean) => {
    setMarked((old) => {
      const next = new Map(old);
      for (const r of rows) {
        if (on) next.set(r.id, r.title);
        else next.delete(r.id);
      }
      return next;
    });
  }, []);

  return {
    marked,
    has: (id) => marked.has(id),
    toggle(id, range = false) {
      const at = page.findIndex((r) => r.id === id);
      const from = range ? page.findIndex((r) => r.id === last.current) : at;
      const [a, b] = from < 0 ? [at, at] : [Math.min(at, from), Math.max(at, from)];
      // A range takes over what the row becomes that was clicked.
      set(page.slice(a, b + 1), !marked.has(id));
      last.current = id;
    },
    all: (on) => set(page, on),
    take: (more) => setMarked((old) => new Map([...old, ...more])),
    clear() {
      last.current = null;
      setMarked(new Map());
    },
  };
}
