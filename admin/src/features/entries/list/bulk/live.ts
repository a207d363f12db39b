import { actOnEntry, getEntry, saveEntry, type EntryAnswer } from '../../../../api/entries';
import { api, dataOf } from '../../../../api/client';
import { Problem } from '../../../../api/problem';
import type { Collection, Entry, LocaleState, Values } from '../../../../api/types';

/** One entry before something is done with it. */
export interface Before {
  collection: Collection;
  id: string;
  revision: number;
  states: Record<string, LocaleState>;
}

const valuesOf = (collection: Collection, entry: Entry): Values =>
  Object.fromEntries(collection.fields.filter((f) => f.name in entry).map((f) => [f.name, entry[f.name]]));

async function liveValues(b: Before, locale: string): Promise<Values | null> {
  try {
    const answer = await api.GET('/entries/{collection}/{entry}', {
      params: { path: { collection: b.collection.name, entry: b.id }, query: { locale, fallback: 'none', version: 'published' } },
    });
    return valuesOf(b.collection, dataOf(answer) as unknown as Entry);
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null;
    throw error;
  }
}

/** The locales of an entry that visitors see. */
export const liveLocales = (b: Before) => Object.keys(b.states).filter((l) => b.states[l]?.status === 'published' || b.states[l]?.status === 'changed' || (b.states[l]?.status === 'scheduled' && b.states[l]?.published_at));

/** What was live and what was written, where the two differ. */
type Kept = Record<string, { live: Values | null; written: Values }>;

/** Keeps what publishing or unpublishing would lose: the live version where a newer one is written. */
export async function keep(b: Before): Promise<Kept> {
  const kept: Kept = {};
  for (const locale of Object.keys(b.states)) {
    if (b.states[locale]?.status !== 'changed') continue;
    const written = await getEntry(b.collection.name, b.id, locale);
    if (written) kept[locale] = { live: await liveValues(b, locale), written: valuesOf(b.collection, written.entry) };
  }
  return kept;
}

/**
 * Brings back what was live before, and what was written beside it. after is
 * the revision that the act left: whatever somebody did since is not undone.
 */
export async function bringBack(b: Before, kept: Kept, after: number): Promise<void> {
  const { name } = b.collection;
  let revision = after;
  const step = (answer: EntryAnswer | null) => {
    revision = answer?.entry.revision ?? revision;
  };
  const live = liveLocales(b);
  const older = Object.fromEntries(Object.entries(kept).flatMap(([l, k]) => (k.live ? [[l, k.live]] : [])));
  const written = Object.fromEntries(Object.entries(kept).map(([l, k]) => [l, k.written]));
  const never = Object.keys(b.states).filter((l) => !live.includes(l));
  if (Object.keys(older).length > 0) step(await saveEntry(name, b.id, revision, older));
  if (live.length > 0) step(await actOnEntry(name, b.id, 'publish', { locales: live }, revision));
  if (never.length > 0) step(await actOnEntry(name, b.id, 'unpublish', { locales: never }, revision));
  if (Object.keys(written).length > 0) step(await saveEntry(name, b.id, revision, written));
  for (const locale of Object.keys(b.states)) {
    const { publish_at, unpublish_at } = b.states[locale] ?? {};
    const due = [publish_at, unpublish_at].some((at) => at && new Date(at) > new Date());
    if (due) step(await actOnEntry(name, b.id, 'schedule', { locale, publish_at, unpublish_at }, revision));
  }
}
