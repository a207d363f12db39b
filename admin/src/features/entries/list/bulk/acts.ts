import { IconPencil, IconRestore, IconTrash, IconWorldOff, IconWorldUpload } from '@tabler/icons-react';
import type { ComponentType } from 'react';
import { actOnEntry, getAnyEntry, saveEntry, trashEntry } from '../../../../api/entries';
import type { Rights } from '../../../../api/session';
import type { Collection, Values } from '../../../../api/types';
import { idsOf } from '../../../../fields/types';
import { equal } from '../../../../lib/equal';
import type { Key } from '../../../../i18n/i18n';
import type { Undo } from './job';
import { bringBack, keep, liveLocales, type Before } from './live';

/** One thing that can be done with many entries at once. */
export interface BulkAct {
  name: string;
  label: Key;
  icon: ComponentType<{ size?: number | string }>;
  keys?: string;
  danger?: boolean;
  /** Asked before; n is how many. */
  warning?: Key;
  /** Asks which field gets what value. */
  asks?: boolean;
  predicate(rights: Rights, collection: Collection, trashed: boolean): boolean;
  /** Offered for those that were refused: to do it all the same. */
  anyway?: Key;
  /** knows: what the server asks to confirm is known. */
  perform(b: Before, change?: FieldChange, knows?: boolean): Promise<Undo | null>;
}

/** How the value of one field is to change. */
export interface FieldChange {
  field: string;
  /** The language of a field that has one value for each. */
  locale?: string;
  way: 'set' | 'add' | 'take';
  value: unknown;
}

export async function lookAt(collection: Collection, id: string, locale: string, trashed: boolean): Promise<Before> {
  const { entry, states } = await getAnyEntry(collection.name, id, locale, trashed);
  return { collection, id, revision: entry.revision, states };
}

const publish: BulkAct = {
  name: 'publish', label: 'act.publish', icon: IconWorldUpload, warning: 'bulk.publish.sure',
  predicate: (r, c, trashed) => !trashed && r.may('publish', c.name),
  async perform(b) {
    const waiting = Object.keys(b.states).filter((l) => b.states[l]?.status !== 'published');
    if (waiting.length === 0) return null;
    const kept = await keep(b);
    const after = await actOnEntry(b.collection.name, b.id, 'publish', { locales: waiting }, b.revision);
    return () => bringBack(b, kept, after?.entry.revision ?? b.revision + 1);
  },
};

const unpublish: BulkAct = {
  name: 'unpublish', label: 'act.unpublish', icon: IconWorldOff, warning: 'bulk.unpublish.sure',
  predicate: (r, c, trashed) => !trashed && r.may('publish', c.name),
  async perform(b) {
    const live = liveLocales(b);
    if (live.length === 0) return null;
    const kept = await keep(b);
    const after = await actOnEntry(b.collection.name, b.id, 'unpublish', { locales: live }, b.revision);
    return () => bringBack(b, kept, after?.entry.revision ?? b.revision + 1);
  },
};

const change: BulkAct = {
  name: 'change', label: 'bulk.change', icon: IconPencil, asks: true,
  predicate: (r, c, trashed) => !trashed && r.may('update', c.name),
  async perform(b, asked) {
    if (!asked) return null;
    const locale = asked.locale ?? Object.keys(b.states)[0] ?? '';
    const { entry } = await getAnyEntry(b.collection.name, b.id, locale);
    const old = entry[asked.field] ?? null;
    const value = changed(old, asked);
    if (equal(old, value)) return null;
    const side = (v: unknown): Record<string, Values> => ({ [asked.locale ?? entry.locale]: { [asked.field]: v } });
    const after = await saveEntry(b.collection.name, b.id, entry.revision, side(value));
    return async () => void (await saveEntry(b.collection.name, b.id, after.entry.revision, side(old)));
  },
};

/** The new value of a field; what is added goes last, and nothing is there twice. */
export function changed(old: unknown, { way, value }: FieldChange): unknown {
  if (way === 'set') return value ?? null;
  const had = idsOf(old);
  const given = idsOf(value);
  const next = way === 'add' ? [...had, ...given.filter((v) => !had.includes(v))] : had.filter((v) => !given.includes(v));
  return next.length > 0 ? next : null;
}

const trash: BulkAct = {
  name: 'trash', label: 'act.trash', icon: IconTrash, danger: true, warning: 'bulk.trash.sure',
  predicate: (r, c, trashed) => !trashed && r.may('delete', c.name),
  anyway: 'bulk.trash.anyway',
  async perform(b, _, knows) {
    const anyway = { force: knows, children: knows };
    const after = await trashEntry(b.collection.name, b.id, b.revision, knows ? anyway : {});
    return async () => void (await actOnEntry(b.collection.name, b.id, 'restore', knows ? { children: true } : {}, after));
  },
};

const restore: BulkAct = {
  name: 'restore', label: 'act.restore', icon: IconRestore,
  predicate: (r, c, trashed) => trashed && r.may('delete', c.name),
  async perform(b) {
    const after = await actOnEntry(b.collection.name, b.id, 'restore', {}, b.revision);
    return async () => void (await trashEntry(b.collection.name, b.id, after?.entry.revision));
  },
};

/** Everything that can be done with many entries, in the order of the buttons. */
export const bulkActs: BulkAct[] = [publish, unpublish, change, trash, restore];
