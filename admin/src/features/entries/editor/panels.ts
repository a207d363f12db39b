import { usePlaces, type Beside, type Place } from '../../../api/places';
import type { Collection } from '../../../api/types';
import type { Writing } from '../writing';

/** The panels of plugins for the entries of a collection. */
export function usePanels(collection: Collection): Place[] {
  return usePlaces().panels.filter((p) => p.collections?.includes(collection.id));
}

/** The entry as its editor holds it now, for a plugin; undefined while it is nowhere but here. */
export function besideOf(collection: Collection, writing: Writing, locale: string): Beside | undefined {
  const now = writing.get();
  return now.id ? { collection: collection.id, id: now.id, revision: now.revision, draft: now.values[locale] ?? {} } : undefined;
}
