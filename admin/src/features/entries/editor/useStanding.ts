import { useSyncExternalStore } from 'react';
import type { Writing, Written } from '../writing';

/** Where an entry stands, apart from what is written in it. */
export type Standing = Pick<Written, 'id' | 'revision' | 'states' | 'locales'>;

const standings = new WeakMap<Writing, Standing>();

// The same object for as long as nothing in it changes: a key that is typed
// changes nothing here.
function standingOf(writing: Writing): Standing {
  const { id, revision, states, locales } = writing.get();
  const last = standings.get(writing);
  if (last && last.id === id && last.revision === revision && last.states === states && last.locales === locales) return last;
  const now = { id, revision, states, locales };
  standings.set(writing, now);
  return now;
}

export function useStanding(writing: Writing): Standing {
  return useSyncExternalStore(writing.subscribe, () => standingOf(writing));
}
