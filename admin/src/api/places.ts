import { queryOptions, useQuery } from '@tanstack/react-query';
import { api, dataOf } from './client';
import type { Texts, Values } from './types';

/** Something that a plugin shows: a screen, a card of home, a panel beside the editor, an action. */
export interface Place {
  plugin: string;
  id: string;
  label: Texts;
  icon?: string;
  /** Of a screen: the section of the menu; none: it is reached by links. */
  menu?: 'content' | 'programme' | 'settings';
  /** Of a card. */
  size?: 'small' | 'wide';
  /** Of an action. */
  where?: 'editor' | 'list';
  /** The ids of the collections that a panel or an action belongs to. */
  collections?: string[];
  frame?: { url: string; height?: number };
  /** Of a screen: the actions that are kept while there is no network. */
  offline?: string[];
}

export interface Places {
  screens: Place[];
  cards: Place[];
  panels: Place[];
  actions: Place[];
  modules: Module[];
}

/** A plugin that brings collections, by their ids. */
export interface Module {
  plugin: string;
  label: Texts;
  collections: string[];
}

export const placesQuery = queryOptions({
  queryKey: ['places'],
  queryFn: async () => dataOf(await api.GET('/console')) as unknown as Places,
  staleTime: 60_000,
});

const none: Places = { screens: [], cards: [], panels: [], actions: [], modules: [] };

/** What plugins show to whoever is signed in; nothing until it is known. */
export function usePlaces(): Places {
  return useQuery(placesQuery).data ?? none;
}

export type Tone = 'neutral' | 'info' | 'success' | 'warning' | 'danger';

/** One component of a tree. plugins/host/tree/tree.schema.json says what each type has; the server lets no other pass. */
export interface TreeNode extends Values {
  type: string;
  id?: string;
  children?: TreeNode[];
}

/** The entry beside which a panel stands, as it is being written. */
export interface Beside {
  collection: string;
  id: string;
  revision: number;
  draft: Values;
}

/** What comes of an interaction. What is absent stays as it was. */
export interface Shown {
  tree?: TreeNode;
  faults?: { pointer: string; message: string }[];
  toast?: { text: string; tone: Tone };
  navigate?: string;
  patch?: { values: Values; revision: number };
}

export interface Asked {
  /** None: the place is opened. */
  action?: string;
  values?: Values;
  params?: Record<string, string>;
  entry?: Beside;
  /** When it was, as an instant of RFC 3339; none: now. */
  pressed?: string;
}

/** Opens a place of a plugin, or presses something there. */
export async function interact(place: Place, asked: Asked, key?: string): Promise<Shown> {
  return dataOf(
    await api.POST('/plugins/{plugin}/console/{place}', { params: { path: { plugin: place.plugin, place: place.id } }, body: asked as never, headers: key ? { 'Idempotency-Key': key } : undefined }),
  ) as unknown as Shown;
}
