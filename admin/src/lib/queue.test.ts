import { expect, it } from 'vitest';
import { workThrough } from './queue';

it('works through everything, never more than a few at a time', async () => {
  let now = 0;
  let most = 0;
  const seen: number[] = [];
  await workThrough([1, 2, 3, 4, 5, 6, 7], async (n) => {
    most = Math.max(most, ++now);
    await Promise.resolve();
    seen.push(n);
    now--;
  }, { width: 3 });
  expect(seen.sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(most).toBe(3);
});

it('begins nothing more once it is stopped', async () => {
  const stop = new AbortController();
  const seen: number[] = [];
  await workThrough([1, 2, 3, 4], async (n) => {
    seen.push(n);
    if (n === 2) stop.abort();
  }, { width: 1, signal: stop.signal });
  expect(seen).toEqual([1, 2]);
});
