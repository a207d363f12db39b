import { expect, it } from 'vitest';
import { weekOf, weeksAgo } from './weeks';

it.each([['2026-11-29', '2026-W48'], ['2026-01-01', '2026-W01'], ['2027-01-01', '2026-W53'], ['2024-12-30', '2025-W01']])('%s is in %s', (day, week) => {
  expect(weekOf(new Date(`${day}T12:00:00Z`))).toBe(week);
});

it('counts back', () => expect(weeksAgo(3, new Date('2026-11-29T12:00:00Z'))).toBe('2026-W45'));
