/** A run of text that two versions share, or that only one of them has. */
export interface Run {
  kind: 'same' | 'gone' | 'come';
  text: string;
}

// Words, and what stands between them, each a unit.
const units = (text: string): string[] => text.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];

const most = 4_000_000; // pairs of units compared: beyond it, what differs is one run

/** What changed from one text to another, word by word. */
export function compareWords(from: string, to: string): Run[] {
  const a = units(from);
  const b = units(to);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const middle = longest(a.slice(start, a.length - end), b.slice(start, b.length - end));
  return joined([
    { kind: 'same', text: a.slice(0, start).join('') },
    ...middle,
    { kind: 'same', text: end > 0 ? a.slice(-end).join('') : '' },
  ]);
}

// The longest common subsequence, by the usual table.
function longest(a: string[], b: string[]): Run[] {
  const whole: Run[] = [{ kind: 'gone', text: a.join('') }, { kind: 'come', text: b.join('') }];
  if (a.length === 0 || b.length === 0 || a.length * b.length > most) return whole;
  const width = b.length + 1;
  const table = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number) => table[i * width + j] as number;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      table[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const out: Run[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      out.push({ kind: 'same', text: a[i++] as string });
      j++;
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) {
      out.push({ kind: 'gone', text: a[i++] as string });
    } else {
      out.push({ kind: 'come', text: b[j++] as string });
    }
  }
  return out;
}

function joined(runs: Run[]): Run[] {
  const out: Run[] = [];
  for (const run of runs) {
    if (run.text === '') continue;
    const last = out.at(-1);
    if (last?.kind === run.kind) last.text += run.text;
    else out.push({ ...run });
  }
  return out;
}
