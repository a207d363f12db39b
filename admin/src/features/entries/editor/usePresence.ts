import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { events } from '../../../api/events';
import { leaveEntry, signPresence, type Present } from '../../../api/presence';
import type { Writing } from '../writing';

const beat = 10_000; // between signs of life

export interface Company {
  /** The others who have the entry open. */
  others: Present[];
  /** Who took over from this window, if somebody did. */
  taker: Present | null;
  take(): Promise<void>;
}

/** Who else took over, later than this window did. */
export function takerOf(people: Present[], tab: string): Present | null {
  const mine = people.find((p) => p.tab === tab)?.took ?? '';
  const later = people.filter((p) => p.tab !== tab && (p.took ?? '') > mine);
  return later.sort((a, b) => ((a.took ?? '') < (b.took ?? '') ? 1 : -1))[0] ?? null;
}

/**
 * Tells the server that an entry is open here, and learns who else has it
 * open: every ten seconds, and at once when somebody comes or goes.
 */
export function usePresence(collection: string, id: string | null, locale: string, writing: Writing): Company {
  const [tab] = useState(() => crypto.randomUUID());
  const [people, setPeople] = useState<Present[]>([]);
  const typed = useRef(false);
  const now = useRef({ locale });
  now.current = { locale };

  useEffect(() => writing.subscribe(() => {
    if (writing.get().saving === 'waiting') typed.current = true;
  }), [writing]);

  const sign = useCallback(async (take = false) => {
    if (!id) return;
    try {
      const wrote = typed.current;
      typed.current = false;
      setPeople(await signPresence(collection, id, { tab, locale: now.current.locale, typed: wrote || undefined, take: take || undefined }));
    } catch {
      // Nobody is told, and nobody is known: writing goes on.
    }
  }, [collection, id, tab]);

  useEffect(() => {
    if (!id) return;
    void sign();
    const timer = setInterval(() => void sign(), beat);
    const stop = events.listen((e) => e.kind === 'presence' && e.id === id && void sign());
    const leave = () => leaveEntry(collection, id, tab);
    window.addEventListener('pagehide', leave);
    return () => {
      clearInterval(timer);
      stop();
      window.removeEventListener('pagehide', leave);
      leave();
    };
  }, [sign, collection, id, tab, locale]);

  const others = useMemo(() => people.filter((p) => p.tab !== tab), [people, tab]);
  return { others, taker: takerOf(people, tab), take: () => sign(true) };
}
