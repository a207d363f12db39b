import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { titleField, titleOf, useCollections } from '../../api/collections';
import { listEntries } from '../../api/entries';
import type { Collection, Field } from '../../api/types';
import { settingsOf } from '../types';

export interface Targets {
  collections: Collection[];
  many: boolean;
  max?: number;
  /** Of a thesaurus: the terms that may be chosen. */
  scheme?: string;
}

interface Settings {
  to: string[];
  many: boolean;
  max: number;
  scheme: string;
  collection: string;
}

/** What a relation or terms field may point at. */
export const useTargets = (field: Field): Targets => targetsOf(field, useCollections());

export function targetsOf(field: Field, all: Collection[]): Targets {
  const s = settingsOf<Settings>(field);
  const ids = field.kind === 'terms' ? [s.collection ?? 'terms'] : (s.to ?? []);
  return {
    collections: all.filter((c) => ids.includes(c.id)),
    many: field.kind === 'terms' || s.many === true,
    max: s.max || undefined,
    scheme: s.scheme,
  };
}

export interface Choice {
  value: string;
  label: string;
  group: string;
}

const offered = 20; // of each collection

async function find(collection: Collection, text: string, locale: string, scheme?: string) {
  const title = titleField(collection);
  const conditions: Record<string, unknown> = {};
  if (scheme) conditions.scheme = { _eq: scheme };
  if (title && text) conditions[title] = { _contains: text };
  const page = await listEntries({
    collection: collection.name, locale, size: scheme ? 100 : offered, sort: title,
    fields: title ? `id,${title}` : 'id', filter: Object.keys(conditions).length > 0 ? conditions : undefined,
  });
  return page.entries.map((e) => ({ id: e.id, title: titleOf(collection, e) || e.id, collection: collection.id }));
}

/** The entries that may be chosen and whose titles have a text in them. */
export function useChoices(targets: Targets, text: string, locale: string, enabled: boolean) {
  return useQuery({
    queryKey: ['entries', targets.collections.map((c) => c.name).join(), 'choices', text, locale, targets.scheme],
    queryFn: async () => (await Promise.all(targets.collections.map((c) => find(c, text, locale, targets.scheme)))).flat(),
    enabled: enabled && targets.collections.length > 0,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });
}
