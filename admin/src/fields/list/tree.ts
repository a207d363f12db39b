import type { Field, Values } from '../../api/types';
import { listOf, objectOf, settingsOf } from '../types';
import { moved } from './move';

/** Where an item stands: its place among the items at the top, among those below that one, and so on. */
export type Path = number[];

export interface Row {
  item: Values;
  path: Path;
  /** How many stand beside it, itself included. */
  siblings: number;
  /** How many levels are below it. */
  height: number;
}

/** How deep a list may go whose items hold a list of the same name: 1 for a plain list. */
export function depthOf(field: Field): number {
  const nested = nestedOf(field);
  return nested ? 1 + depthOf(nested) : 1;
}

function nestedOf(field: Field): Field | undefined {
  const { fields = [] } = settingsOf<{ fields: Field[] }>(field);
  return fields.find((f) => f.kind === 'list' && f.name === field.name);
}

const childrenOf = (item: Values, name: string): Values[] => listOf(item[name]).map(objectOf);

function heightOf(item: Values, name: string): number {
  const children = childrenOf(item, name);
  return children.length === 0 ? 0 : 1 + Math.max(...children.map((c) => heightOf(c, name)));
}

/** The items of a tree in the order in which they are read. */
export function rowsOf(items: Values[], name: string, above: Path = []): Row[] {
  return items.flatMap((item, i) => {
    const path = [...above, i];
    return [{ item, path, siblings: items.length, height: heightOf(item, name) }, ...rowsOf(childrenOf(item, name), name, path)];
  });
}

/** A tree in which the items beside each other at some place are others. */
function withSiblings(items: Values[], name: string, parent: Path, change: (siblings: Values[]) => Values[]): Values[] {
  const [first, ...rest] = parent;
  if (first === undefined) return change(items);
  return items.map((item, i) => {
    if (i !== first) return item;
    const next = withSiblings(childrenOf(item, name), name, rest, change);
    return { ...item, [name]: next.length > 0 ? next : null };
  });
}

/** Puts another item in the place of one. */
export function replacedAt(items: Values[], name: string, path: Path, item: Values): Values[] {
  return withSiblings(items, name, path.slice(0, -1), (s) => s.map((old, i) => (i === path.at(-1) ? item : old)));
}

export function withoutAt(items: Values[], name: string, path: Path): Values[] {
  return withSiblings(items, name, path.slice(0, -1), (s) => s.filter((_, i) => i !== path.at(-1)));
}

export function itemAt(items: Values[], name: string, path: Path): Values | undefined {
  const [first, ...rest] = path;
  const item = first === undefined ? undefined : items[first];
  return item === undefined || rest.length === 0 ? item : itemAt(childrenOf(item, name), name, rest);
}

/** Adds an item below another, or at the top, as the last. */
export function added(items: Values[], name: string, parent: Path, item: Values): Values[] {
  return withSiblings(items, name, parent, (s) => [...s, item]);
}

/** Moves an item among those beside it. */
export function shifted(items: Values[], name: string, path: Path, to: number): Values[] {
  return withSiblings(items, name, path.slice(0, -1), (s) => moved(s, path.at(-1) as number, to));
}

/** Whether one path leads to the other or into what is below it. */
const leadsInto = (outer: Path, inner: Path) => outer.every((step, i) => inner[i] === step);

/**
 * Moves an item with all below it to a place among the items below a parent.
 * The place is as it is before the move. Into itself it does not go.
 */
export function carried(items: Values[], name: string, from: Path, parent: Path, place: number): Values[] {
  const item = itemAt(items, name, from);
  if (item === undefined || leadsInto(from, parent)) return items;
  const beside = from.slice(0, -1);
  const at = from.at(-1) as number;
  if (beside.length === parent.length && leadsInto(beside, parent)) return shifted(items, name, from, place > at ? place - 1 : place);
  // What follows the item beside it moves up by one when it is taken out.
  const later = [...parent];
  if (beside.length < parent.length && leadsInto(beside, parent) && (later[beside.length] as number) > at) later[beside.length] = (later[beside.length] as number) - 1;
  return withSiblings(withoutAt(items, name, from), name, later, (s) => [...s.slice(0, place), item, ...s.slice(place)]);
}
