import { useRef, useState } from 'react';
import { asProblem, type Problem } from '../../api/problem';
import { importRows, type Outcome, type Plan } from '../../api/transfer';
import type { Sheet } from '../../lib/table';

const chunk = 50; // rows in one request

export interface Fault {
  line: number;
  /** The heading of the column; empty: the row as a whole. */
  column: string;
  detail: string;
}

/** How far an import is, or how it ended. */
export interface Progress {
  dry: boolean;
  done: number;
  total: number;
  counts: Record<Outcome['did'], number>;
  faults: Fault[];
  state: 'running' | 'ended' | 'stopped';
  wrong?: Problem;
}

/** Sends a table in parts, and keeps what became of its rows. */
export function useImport(collection: string) {
  const [progress, setProgress] = useState<Progress | null>(null);
  const stop = useRef(false);
  const run = async (sheet: Sheet, plan: Plan) => {
    stop.current = false;
    const now: Progress = {
      dry: plan.dry_run === true, done: 0, total: sheet.rows.length, counts: { created: 0, updated: 0, same: 0, refused: 0 }, faults: [], state: 'running',
    };
    setProgress({ ...now });
    for (let from = 0; from < sheet.rows.length && !stop.current; from += chunk) {
      const rows = sheet.rows.slice(from, from + chunk);
      try {
        const outcomes = await importRows(collection, plan, rows);
        outcomes.forEach((o, i) => {
          now.counts[o.did]++;
          for (const f of o.faults ?? []) now.faults.push({ line: sheet.lines[from + i] ?? 0, column: sheet.head[f.column] ?? '', detail: f.detail });
        });
      } catch (error) {
        now.wrong = asProblem(error);
        break;
      }
      now.done += rows.length;
      setProgress({ ...now, faults: [...now.faults] });
    }
    now.state = now.done < now.total ? 'stopped' : 'ended';
    setProgress({ ...now });
  };
  return { progress, run, stop: () => (stop.current = true), forget: () => setProgress(null) };
}
