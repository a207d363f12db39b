import { useEffect } from 'react';
import type { ComponentType } from 'react';
import { createStore } from '../lib/store';

/** Something that the screen lets people do now: for the palette and the sheet of shortcuts. */
export interface Offered {
  id: string;
  label: string;
  /** Where it belongs: a heading of the palette. */
  group: string;
  keys?: string;
  icon?: ComponentType<{ size?: number | string }>;
  perform(): void;
}

/** What each part of the screen offers, by the part. */
export const offered = createStore<Record<string, Offered[]>>({});

/** Offers acts for as long as the part is on the screen. */
export function useOffer(part: string, acts: Offered[]): void {
  useEffect(() => {
    offered.set({ ...offered.get(), [part]: acts });
    return () => {
      const { [part]: _, ...rest } = offered.get();
      offered.set(rest);
    };
  }, [part, acts]);
}
