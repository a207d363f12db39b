import { expect, it } from 'vitest';
import { added, carried, depthOf, replacedAt, rowsOf, withoutAt } from './tree';

const tree = [
  { id: 'a', items: [{ id: 'b' }, { id: 'c', items: [{ id: 'd' }] }] },
  { id: 'e' },
];

const drawn = (items: typeof tree | unknown[]) => rowsOf(items as never, 'items').map((r) => '-'.repeat(r.path.length - 1) + String(r.item.id)).join(' ');

it('reads a tree in its order', () => {
  expect(drawn(tree)).toBe('a -b -c --d e');
  expect(rowsOf(tree as never, 'items').map((r) => r.height)).toEqual([2, 0, 1, 0, 0]);
});

it('carries an item with what is below it', () => {
  const to = (from: number[], parent: number[], place: number) => drawn(carried(tree as never, 'items', from, parent, place));
  expect(to([1], [0], 2)).toBe('a -b -c --d -e');
  expect(to([0, 1], [], 1)).toBe('a -b c -d e');
  expect(to([0, 0], [1], 0)).toBe('a -c --d e -b');
  expect(to([0], [1], 0)).toBe('e -a --b --c ---d');
  expect(to([0, 0], [0], 2)).toBe('a -c --d -b e');
  expect(to([0, 0], [0, 1], 1)).toBe('a -c --d --b e');
  expect(to([0], [0, 1], 0)).toBe(drawn(tree)); // not into itself
});

it('changes, adds and removes items where they stand', () => {
  expect(drawn(withoutAt(tree as never, 'items', [0, 1, 0]))).toBe('a -b -c e');
  expect(drawn(added(tree as never, 'items', [1], { id: 'f' }))).toBe('a -b -c --d e -f');
  expect(drawn(replacedAt(tree as never, 'items', [0, 1], { id: 'x' }))).toBe('a -b -x e');
  expect(withoutAt([{ id: 'a', items: [{ id: 'b' }] }], 'items', [0, 0])).toEqual([{ id: 'a', items: null }]);
});

it('knows how deep a list goes', () => {
  const list = (fields: unknown[]) => ({ id: 'items', name: 'items', kind: 'list', settings: { fields } });
  expect(depthOf(list([]) as never)).toBe(1);
  expect(depthOf(list([list([list([])])]) as never)).toBe(3);
});
