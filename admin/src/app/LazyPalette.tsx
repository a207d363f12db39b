import { useHotkeys } from '@mantine/hooks';
import { lazy, Suspense } from 'react';
import { createStore, useStore } from '../lib/store';

const wanted = createStore(false);

// The first load does without it.
const load = () => import('./Palette');
const Palette = lazy(() => load().then((m) => ({ default: m.Palette })));

export function openPalette() {
  if (wanted.get()) void load().then((m) => m.openAgain());
  else wanted.set(true);
}

/** The command palette, loaded when it is opened for the first time. */
export function LazyPalette() {
  const there = useStore(wanted);
  useHotkeys(there ? [] : [['mod+K', openPalette]], []);
  return there && <Suspense fallback={null}><Palette /></Suspense>;
}
