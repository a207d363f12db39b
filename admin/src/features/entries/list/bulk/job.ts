import { asProblem } from '../../../../api/problem';
import { workThrough } from '../../../../lib/queue';
import { createStore } from '../../../../lib/store';

/** An entry that work is done on. */
export interface Item {
  id: string;
  title: string;
}

export interface Failure extends Item {
  reason: string;
  code: string;
}

/** What takes back the work on one entry. */
export type Undo = () => Promise<void>;

/** What may be done all the same, once somebody has seen why it was refused. */
export interface Anyway {
  label: string;
  perform(id: string): Promise<Undo | null>;
}

// Refusals that ask whether it is meant.
const asks = new Set(['entry_referenced', 'entry_has_children']);

/** The entries that wait for a confirmation. */
export const waiting = (of: Job): Failure[] => (of.anyway ? of.failed.filter((f) => asks.has(f.code)) : []);

/** Work on many entries: what is under way, or how it ended. */
export interface Job {
  collection: string;
  /** What is done, in the person's words: "Publier". */
  label: string;
  total: number;
  done: number;
  /** There was nothing to do: it was so already. */
  same: number;
  failed: Failure[];
  undos: (Item & { undo: Undo })[];
  state: 'running' | 'ended' | 'stopped';
  undoing: boolean;
  /** Does all the same what was refused until somebody confirms it. */
  anyway?: Anyway;
  stop(): void;
}

/** The work of this window. It goes on while people look at other screens. */
export const job = createStore<Job | null>(null);

// As many as a browser sends at a time; the server joins them into few commits.
const width = 5;

const sleep = (seconds: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = window.setTimeout(resolve, seconds * 1000);
    signal.addEventListener('abort', () => {
      window.clearTimeout(timer);
      resolve();
    });
  });

// Who changes much is asked to wait, and waits.
async function patiently<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await work();
    } catch (error) {
      const problem = asProblem(error);
      if (problem.status !== 429 || signal.aborted || tries === 20) throw problem;
      await sleep(Number(problem.more.retry_after ?? 2), signal);
    }
  }
}

interface Work {
  collection: string;
  label: string;
  items: Item[];
  /** Gives how to take it back; null: there was nothing to do. */
  perform(id: string): Promise<Undo | null>;
  /** After the last one. */
  settled(): void;
  /** What to say of a server that was not reached. */
  offline: string;
  undoing?: boolean;
  anyway?: Anyway;
  /** The work that this goes on with: what it did is taken back together with this. */
  earlier?: Job;
}

/** Does something with many entries, and keeps how to take it back. */
export async function start({ collection, label, items, perform, settled, offline, undoing = false, anyway, earlier }: Work): Promise<void> {
  const stop = new AbortController();
  const now: Job = {
    collection, label, total: items.length, done: 0, same: 0, failed: [], undos: [], state: 'running', undoing, anyway, stop: () => stop.abort(),
  };
  if (earlier) {
    const again = new Set(items.map((i) => i.id));
    Object.assign(now, {
      total: earlier.total, done: earlier.done - items.length, same: earlier.same, undos: [...earlier.undos], failed: earlier.failed.filter((f) => !again.has(f.id)),
    });
  }
  const show = () => job.set({ ...now, failed: [...now.failed] });
  show();
  const one = async (item: Item) => {
    try {
      const undo = await patiently(() => perform(item.id), stop.signal);
      if (undo) now.undos.push({ ...item, undo });
      else now.same++;
    } catch (error) {
      const problem = asProblem(error);
      now.failed.push({ ...item, reason: problem.message || offline, code: problem.code });
    }
    now.done++;
  };
  await workThrough(items, one, { width, signal: stop.signal, onDone: show });
  now.state = stop.signal.aborted && now.done < now.total ? 'stopped' : 'ended';
  show();
  settled();
}

/** Does what was refused until somebody confirmed it. */
export async function goOn(settled: () => void, offline: string): Promise<void> {
  const last = job.get();
  if (!last?.anyway || last.state === 'running') return;
  await start({
    collection: last.collection, label: last.label, items: waiting(last).map(({ id, title }) => ({ id, title })), settled, offline,
    perform: last.anyway.perform, earlier: last,
  });
}

/** Takes back what the last work did, as far as nobody has changed it since. */
export async function undo(label: string, settled: () => void, offline: string): Promise<void> {
  const last = job.get();
  if (!last || last.state === 'running') return;
  const undos = new Map(last.undos.map((u) => [u.id, u.undo]));
  await start({
    collection: last.collection, label, items: last.undos, settled, offline, undoing: true,
    perform: async (id) => {
      await undos.get(id)?.();
      return async () => undefined; // what was taken back counts as done
    },
  });
}
