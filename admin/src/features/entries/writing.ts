import { replaceEqualDeep } from '@tanstack/react-query';
import type { EntryAnswer } from '../../api/entries';
import { asProblem, type FieldProblem, type Problem } from '../../api/problem';
import type { Actor, Entry, Field, LocaleState, Values } from '../../api/types';
import { equal } from '../../lib/equal';
import type { Keep } from '../../lib/storage';

/** Where what was typed stands. */
export type Saving = 'saved' | 'waiting' | 'saving' | 'offline' | 'expired' | 'conflict' | 'refused' | 'gone';

/** A field that two people changed: each has what one of them wrote. */
export interface Clash {
  locale: string;
  field: Field;
  mine: unknown;
  theirs: unknown;
}

export interface Conflict {
  by?: Actor;
  at?: string;
  clashes: Clash[];
}

/** What a screen shows of an entry that is being written. */
export interface Written {
  id: string | null;
  revision: number;
  /** By locale, with what the locales share in each. */
  values: Record<string, Values>;
  states: Record<string, LocaleState>;
  /** The locales that the server has. */
  locales: string[];
  saving: Saving;
  savedAt: number | null;
  problems: FieldProblem[];
  problem: Problem | null;
  conflict: Conflict | null;
  /** Text that was kept on this machine came back. */
  restored: boolean;
}

/** The server, as far as writing needs it. */
export interface Port {
  create(locales: Record<string, Values>, key: string): Promise<EntryAnswer>;
  save(id: string, revision: number, locales: Record<string, Values>): Promise<EntryAnswer>;
  get(id: string, locale: string): Promise<EntryAnswer | null>;
}

interface Kept {
  revision: number;
  dirty: Record<string, Values>;
  base: Record<string, Values>;
}

const pause = 500; // after the last key
const again = 5_000; // between attempts while the server is not reached

const system = new Set([
  'id', 'collection', 'revision', 'status', 'locale', 'locales', 'created_at', 'updated_at', 'published_at',
  'created_by', 'updated_by', 'parent', 'position', 'trashed_at', 'erased_at',
]);

export function valuesOf(entry: Entry): Values {
  return Object.fromEntries(Object.entries(entry).filter(([name]) => !system.has(name)));
}

/**
 * One entry while somebody writes in it. It saves half a second after the last
 * key, each time against the revision that it knows. What it cannot save it
 * keeps on this machine, and nothing but a save or the writer removes it.
 */
export class Writing {
  private written: Written;
  private readonly listeners = new Set<() => void>();
  /** What the server had last, by locale. */
  private base: Record<string, Values> = {};
  /** What was typed and is not saved, by locale and field. */
  private dirty: Record<string, Values> = {};
  private timer: ReturnType<typeof setTimeout> | null = null;
  private running: Promise<void> | null = null;
  private refreshing = false;
  private readonly creationKey = crypto.randomUUID();
  private keepKey: string;

  constructor(
    private readonly fields: Field[],
    private readonly port: Port,
    private readonly keep: Keep,
    private readonly place: string,
    answers: Record<string, EntryAnswer | null>,
  ) {
    const first = Object.values(answers).find((a) => a !== null);
    this.keepKey = `recueil.unsaved.${place}.${first?.entry.id ?? 'new'}`;
    for (const [locale, answer] of Object.entries(answers)) {
      this.base[locale] = answer ? valuesOf(answer.entry) : this.shared(first);
    }
    this.written = {
      id: first?.entry.id ?? null,
      revision: first?.entry.revision ?? 0,
      values: { ...this.base },
      states: first?.states ?? {},
      locales: first?.entry.locales ?? [],
      saving: 'saved', savedAt: null, problems: [], problem: null, conflict: null, restored: false,
    };
    this.restore();
  }

  get = (): Written => this.written;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Takes what was typed. */
  set(locale: string, name: string, value: unknown): void {
    for (const l of this.reach(locale, name)) this.mark(l, name, value);
    this.show({ saving: this.written.conflict ? 'conflict' : 'waiting', problems: this.without(name) });
    this.keepDirty();
    if (!this.written.conflict) this.later(pause);
  }

  /** Saves now what waits; true when nothing is left. */
  async flush(): Promise<boolean> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    if (this.running) await this.running;
    if (this.pending() && !this.written.conflict) await this.run();
    return !this.pending();
  }

  /** Whether something is typed that the server does not have. */
  pending(): boolean {
    return Object.values(this.dirty).some((values) => Object.keys(values).length > 0);
  }

  /** Settles a conflict: for each clash, whether mine stays. */
  async settle(mine: (clash: Clash) => boolean): Promise<void> {
    for (const clash of this.written.conflict?.clashes ?? []) {
      if (mine(clash)) continue;
      for (const l of this.reach(clash.locale, clash.field.name)) {
        delete this.dirty[l]?.[clash.field.name];
        this.written.values[l] = { ...this.written.values[l], [clash.field.name]: clash.theirs };
      }
    }
    this.show({ conflict: null, saving: this.pending() ? 'waiting' : 'saved', values: { ...this.written.values } });
    this.keepDirty();
    await this.flush();
  }

  /** Forgets what is typed and not saved. */
  forget(): void {
    this.dirty = {};
    this.keep.remove(this.keepKey);
    this.show({ values: { ...this.base }, saving: 'saved', problems: [], conflict: null, restored: false });
  }

  /** Takes an answer of the server that came by another way: an act. */
  async reread(): Promise<void> {
    if (!this.written.id) return;
    const answers = await this.readAll(this.written.id);
    const clashes = this.rebase(answers);
    if (clashes.length > 0) this.show({ conflict: { clashes }, saving: 'conflict' });
  }

  /**
   * Takes up what somebody else changed, when nothing of our own is on its way:
   * whoever reads sees it, and whoever writes next meets no conflict.
   */
  async refresh(): Promise<void> {
    const { id, revision, conflict } = this.written;
    if (!id || conflict || this.running || this.refreshing) return;
    this.refreshing = true;
    try {
      const first = Object.keys(this.base).find((l) => this.written.locales.includes(l));
      const answer = first ? await this.port.get(id, first) : null;
      // An event of our own save says nothing new.
      if (!answer || this.running || answer.entry.revision <= Math.max(revision, this.written.revision)) return;
      await this.reread();
    } catch {
      // It is met at the next save.
    } finally {
      this.refreshing = false;
    }
  }

  /** Shows problems that an act met. */
  refuse(problem: Problem): void {
    this.show({ problems: problem.errors, problem });
  }

  /** Tries again, once whoever writes has signed in or is online. */
  retry(): void {
    if (this.pending() && !this.written.conflict) this.later(0);
  }

  close(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }

  // What an entry without a locale shows there: what its locales share.
  private shared(answer: EntryAnswer | null | undefined): Values {
    if (!answer) return {};
    const values = valuesOf(answer.entry);
    return Object.fromEntries(this.fields.filter((f) => !f.localized).map((f) => [f.name, values[f.name]]));
  }

  // The locales that a value belongs to: its own, or all.
  private reach(locale: string, name: string): string[] {
    const field = this.fields.find((f) => f.name === name);
    return field?.localized ? [locale] : Object.keys(this.base);
  }

  private mark(locale: string, name: string, value: unknown): void {
    this.written.values[locale] = { ...this.written.values[locale], [name]: value };
    const dirty = { ...this.dirty[locale] };
    if (equal(this.base[locale]?.[name], value) && !this.running) delete dirty[name];
    else dirty[name] = value;
    this.dirty[locale] = dirty;
  }

  private without(name: string): FieldProblem[] {
    const { problems } = this.written;
    const left = problems.filter((p) => !p.pointer.split('/').includes(name));
    return left.length < problems.length ? left : problems; // the same, so that nothing is drawn again for it
  }

  private show(change: Partial<Written>): void {
    this.written = { ...this.written, ...change };
    for (const listener of [...this.listeners]) listener();
  }

  private later(ms: number): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = null;
      if (!this.running) void this.run();
    }, ms);
  }

  private run(): Promise<void> {
    this.running = this.save().finally(() => {
      this.running = null;
      if (this.written.saving === 'waiting') this.later(pause);
    });
    return this.running;
  }

  private async save(): Promise<void> {
    const sent = this.body();
    if (Object.keys(sent).length === 0) {
      this.keep.remove(this.keepKey);
      this.show({ saving: 'saved', restored: false });
      return;
    }
    this.show({ saving: 'saving' });
    try {
      const { id, revision } = this.written;
      const answer = id ? await this.port.save(id, revision, sent) : await this.port.create(sent, this.creationKey);
      this.saved(sent, answer);
    } catch (error) {
      await this.failed(asProblem(error));
    }
  }

  // What is typed, by locale. What the locales share goes once, with one that
  // the entry has.
  private body(): Record<string, Values> {
    const out: Record<string, Values> = {};
    const home = Object.keys(this.base).find((l) => this.written.locales.includes(l));
    const sentShared = new Set<string>();
    const order = Object.keys(this.dirty).sort((a, b) => Number(b === home) - Number(a === home));
    for (const locale of order) {
      for (const [name, value] of Object.entries(this.dirty[locale] ?? {})) {
        const localized = this.fields.find((f) => f.name === name)?.localized;
        if (!localized && sentShared.has(name)) continue;
        if (!localized) sentShared.add(name);
        const to = localized ? locale : (home ?? locale);
        out[to] = { ...out[to], [name]: value ?? null };
      }
    }
    return out;
  }

  private saved(sent: Record<string, Values>, answer: EntryAnswer): void {
    const fresh = valuesOf(answer.entry);
    const answered = answer.entry.locale;
    for (const [locale, values] of Object.entries(sent)) {
      for (const [name, value] of Object.entries(values)) {
        for (const l of this.reach(locale, name)) {
          // What was typed meanwhile stays typed.
          if (!equal(this.dirty[l]?.[name], value)) continue;
          delete this.dirty[l]?.[name];
          const kept = l === answered || l !== locale ? replaceEqualDeep(value, fresh[name] ?? value) : value;
          this.base[l] = { ...this.base[l], [name]: kept };
          this.written.values[l] = { ...this.written.values[l], [name]: kept };
        }
      }
    }
    this.base[answered] = { ...this.base[answered], ...fresh };
    // What came back as it was stays the same object: no form need be drawn again for it.
    const shown = this.written.values[answered];
    this.written.values[answered] = replaceEqualDeep(shown, { ...shown, ...fresh, ...this.dirty[answered] });
    const created = this.written.id === null;
    if (created) this.keep.remove(this.keepKey);
    this.keepKey = `recueil.unsaved.${this.place}.${answer.entry.id}`;
    this.show({
      id: answer.entry.id, revision: answer.entry.revision, states: answer.states, locales: answer.entry.locales,
      values: { ...this.written.values }, saving: this.pending() ? 'waiting' : 'saved', savedAt: Date.now(),
      problem: null, restored: false,
    });
    this.keepDirty();
  }

  private async failed(problem: Problem): Promise<void> {
    this.keepDirty();
    if (problem.code === 'entry_changed') return this.overtaken(problem);
    if (problem.signedOut) return this.show({ saving: 'expired' });
    if (problem.passing) {
      this.show({ saving: 'offline', problem });
      this.later(again);
      return;
    }
    if (problem.status === 404) return this.show({ saving: 'gone', problem });
    this.show({ saving: 'refused', problems: problem.errors, problem });
  }

  // Somebody was first. What only one of us changed is taken as it is; what
  // both changed is for the writer to settle.
  private async overtaken(problem: Problem): Promise<void> {
    const id = this.written.id as string;
    try {
      const clashes = this.rebase(await this.readAll(id));
      if (clashes.length === 0) {
        this.show({ saving: 'waiting' });
        return;
      }
      const conflict = { by: problem.more.updated_by as Actor | undefined, at: problem.more.updated_at as string | undefined, clashes };
      this.show({ saving: 'conflict', conflict });
    } catch (error) {
      await this.failed(asProblem(error));
    }
  }

  private async readAll(id: string): Promise<Record<string, EntryAnswer | null>> {
    const locales = Object.keys(this.base);
    // One that the entry lacked may have come meanwhile: all are asked.
    const answers = await Promise.all(locales.map((l) => this.port.get(id, l)));
    return Object.fromEntries(locales.map((l, i) => [l, answers[i] ?? null]));
  }

  // Puts what is typed upon what the server has now, and tells where both
  // changed the same field to different values.
  private rebase(answers: Record<string, EntryAnswer | null>): Clash[] {
    const first = Object.values(answers).find((a) => a !== null);
    const clashes: Clash[] = [];
    for (const [locale, answer] of Object.entries(answers)) {
      const now = answer ? valuesOf(answer.entry) : this.shared(first);
      const before = this.base[locale] ?? {};
      for (const [name, mine] of Object.entries(this.dirty[locale] ?? {})) {
        const field = this.fields.find((f) => f.name === name);
        if (equal(mine, now[name])) delete this.dirty[locale]?.[name];
        else if (field && !equal(before[name], now[name]) && !clashes.some((c) => c.field === field && !field.localized)) {
          clashes.push({ locale, field, mine, theirs: now[name] });
        }
      }
      this.base[locale] = now;
      this.written.values[locale] = { ...now, ...this.dirty[locale] };
    }
    this.show({
      values: { ...this.written.values },
      revision: first?.entry.revision ?? this.written.revision,
      states: first?.states ?? this.written.states,
      locales: first?.entry.locales ?? this.written.locales,
    });
    return clashes;
  }

  private keepDirty(): void {
    if (!this.pending()) {
      this.keep.remove(this.keepKey);
      return;
    }
    const base: Record<string, Values> = {};
    for (const [locale, values] of Object.entries(this.dirty)) {
      base[locale] = Object.fromEntries(Object.keys(values).map((name) => [name, this.base[locale]?.[name]]));
    }
    this.keep.write(this.keepKey, JSON.stringify({ revision: this.written.revision, dirty: this.dirty, base } satisfies Kept));
  }

  // Brings back what an earlier visit could not save.
  private restore(): void {
    const text = this.keep.read(this.keepKey);
    if (!text) return;
    let kept: Kept;
    try {
      kept = JSON.parse(text) as Kept;
    } catch {
      return this.keep.remove(this.keepKey);
    }
    const clashes: Clash[] = [];
    for (const [locale, values] of Object.entries(kept.dirty ?? {})) {
      if (!this.base[locale]) continue;
      for (const [name, mine] of Object.entries(values)) {
        const field = this.fields.find((f) => f.name === name);
        const now = this.base[locale]?.[name];
        if (!field || equal(now, mine)) continue;
        this.mark(locale, name, mine);
        if (!equal(now, kept.base?.[locale]?.[name]) && !clashes.some((c) => c.field === field && !field.localized)) {
          clashes.push({ locale, field, mine, theirs: now });
        }
      }
    }
    if (!this.pending()) return this.keep.remove(this.keepKey);
    const conflict = clashes.length > 0 ? { clashes } : null;
    this.written = { ...this.written, restored: true, conflict, saving: conflict ? 'conflict' : 'waiting' };
    if (!conflict) this.later(pause);
  }
}
