/** The ISO week of a day, as in 2026-W48. */
export function weekOf(day: Date): string {
  const d = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate()));
  d.setUTCDate(d.getUTCDate() + 4 - (d.getUTCDay() || 7)); // the Thursday says whose week it is
  const first = Date.UTC(d.getUTCFullYear(), 0, 1);
  const n = Math.ceil(((d.getTime() - first) / 86_400_000 + 1) / 7);
  return `${d.getUTCFullYear()}-W${String(n).padStart(2, '0')}`;
}

/** The week that was so many weeks ago. */
export const weeksAgo = (n: number, now: Date): string => weekOf(new Date(now.getTime() - n * 7 * 86_400_000));
