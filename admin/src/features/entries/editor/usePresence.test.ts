import { expect, it } from 'vitest';
import type { Present } from '../../../api/presence';
import { takerOf } from './usePresence';

const person = (tab: string, took?: string): Present => ({ tab, user: tab, name: tab, since: '', took });

it('knows who took over last', () => {
  expect(takerOf([person('me'), person('a')], 'me')).toBeNull();
  expect(takerOf([person('me'), person('a', '2026-01-01T10:00:00Z')], 'me')?.tab).toBe('a');
  expect(takerOf([person('me', '2026-01-01T10:05:00Z'), person('a', '2026-01-01T10:00:00Z')], 'me')).toBeNull();
  expect(takerOf([person('me', '2026-01-01T10:05:00Z'), person('a', '2026-01-01T10:06:00Z'), person('b', '2026-01-01T10:07:00Z')], 'me')?.tab).toBe('b');
});
