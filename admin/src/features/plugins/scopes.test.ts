import { expect, it } from 'vitest';
import { readable } from './scopes';

it('reads the rights in a collection as one line', () => {
  const asked = readable([
    { id: 'right:read:agenda', text: '', why: 'Compter.', new: true },
    { id: 'right:update:agenda', text: '', why: 'Compter.', new: true },
    { id: 'right:read:people', text: '', new: false },
    { id: 'state:256', text: 'garder 256 Kio', elevated: true },
  ]);
  expect(asked.map((a) => [a.collection, a.verbs?.join(), a.text, a.why.length, a.elevated, a.fresh])).toEqual([
    ['agenda', 'read,update', undefined, 1, false, true],
    ['people', 'read', undefined, 0, false, false],
    [undefined, undefined, 'garder 256 Kio', 0, true, false],
  ]);
});
