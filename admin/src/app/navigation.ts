import { IconForms, IconHome, IconListSearch, IconPhoto, IconPuzzle, IconSearch, IconUsers, type IconProps } from '@tabler/icons-react';
import type { ComponentType } from 'react';
import type { Module, Place as PluginPlace, Places } from '../api/places';
import type { Rights } from '../api/session';
import type { Collection } from '../api/types';
import type { Key } from '../i18n/i18n';

/** One place of the console; plugins bring theirs. */
export interface Place {
  to: string;
  /** A key of the catalogue, or a collection that names itself. */
  label?: Key;
  collection?: Collection;
  plugin?: PluginPlace;
  icon?: ComponentType<IconProps>;
  /** Addresses of screens that belong to it. */
  also?: string[];
  /** Whether it is shown to somebody. */
  predicate?(rights: Rights): boolean;
}

export interface PlaceGroup {
  /** A word under "group." of the catalogue, or the name of a module; empty: no heading. */
  group: string;
  /** The module that all of it belongs to. */
  module?: Module;
  places: Place[];
}

/** Screens that are not lists of entries, in the order of the menu. */
export const screens: PlaceGroup[] = [
  { group: '', places: [{ to: '/', label: 'home', icon: IconHome }] },
  {
    group: 'tools',
    places: [
      { to: '/assets', label: 'assets', icon: IconPhoto, predicate: (r) => r.may('create', '@assets') || r.may('update', '@assets') },
      { to: '/people', label: 'people', icon: IconUsers, also: ['/roles', '/rights'], predicate: (r) => r.may('manage', '@users') },
      { to: '/roles', label: 'roles', icon: IconUsers, predicate: (r) => r.may('manage', '@roles') && !r.may('manage', '@users') },
      { to: '/model/associations', label: 'model', icon: IconForms, also: ['/model-import'], predicate: (r) => r.may('manage', '@collections') },
      { to: '/search', label: 'desk', icon: IconSearch, predicate: (r) => r.may('read', '@search') },
      { to: '/plugins', label: 'plugins', icon: IconPuzzle, predicate: (r) => r.may('manage', '@plugins') },
      { to: '/audit', label: 'audit', icon: IconListSearch, predicate: (r) => r.may('read', '@audit') },
    ],
  },
];

// Where the sections that plugins may name stand in our menu.
const sections = { content: 'site', programme: 'programme', settings: 'tools' };

/** The menu: the screens, the collections under their headings, each module by itself, and what else plugins bring. */
export function navigation(collections: Collection[], rights: Rights, plugins: Places): PlaceGroup[] {
  const modules = new Map(plugins.modules.map((module): [string, PlaceGroup] => [module.plugin, { group: module.plugin, module, places: [] }]));
  const owner = new Map(plugins.modules.flatMap((m) => m.collections.map((id): [string, string] => [id, m.plugin])));
  const byGroup = new Map<string, Place[]>();
  for (const collection of collections) {
    if (!rights.may('read_draft', collection.name) && !rights.may('update', collection.name)) continue;
    const place: Place = { to: `/c/${collection.name}`, collection };
    const module = modules.get(owner.get(collection.id) ?? '');
    const group = collection.group ?? 'site';
    if (module) module.places.push(place);
    else byGroup.set(group, [...(byGroup.get(group) ?? []), place]);
  }
  const [first, ...rest] = screens.map((g) => ({ ...g, places: g.places.filter((p) => p.predicate?.(rights) ?? true) }));
  // Screens to work at stand before the collections that they work on.
  for (const plugin of [...plugins.screens].reverse()) {
    if (!plugin.menu) continue;
    const place: Place = { to: `/x/${plugin.plugin}/${plugin.id}`, plugin };
    const group = sections[plugin.menu];
    const module = plugin.menu === 'settings' ? undefined : modules.get(plugin.plugin);
    const tools = rest.find((g) => g.group === group);
    if (module) module.places.unshift(place);
    else if (tools) tools.places.push(place);
    else byGroup.set(group, [place, ...(byGroup.get(group) ?? [])]);
  }
  const middle = [...byGroup].map(([group, places]) => ({ group, places }));
  return [first as PlaceGroup, ...middle, ...modules.values(), ...rest].filter((g) => g.places.length > 0);
}
