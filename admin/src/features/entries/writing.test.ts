import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EntryAnswer } from '../../api/entries';
import { Problem } from '../../api/problem';
import type { Entry, Field, Values } from '../../api/types';
import type { Keep } from '../../lib/storage';
import { Writing, type Port } from './writing';

const fields: Field[] = [
  { id: 'title', name: 'title', kind: 'text', localized: true },
  { id: 'body', name: 'body', kind: 'text', localized: true },
  { id: 'theme', name: 'theme', kind: 'text' },
];

/** A server of one entry, made of maps: it counts revisions as ours does. */
class Server implements Port {
  revision = 0;
  sides: Record<string, Values> = {};
  shared: Values = {};
  down: Problem | null = null;
  calls = 0;

  private answer(locale: string): EntryAnswer {
    const entry = {
      id: 'E1', collection: 'news', revision: this.revision, status: 'draft', locale,
      locales: Object.keys(this.sides), updated_at: '', ...this.shared, ...this.sides[locale],
    } as Entry;
    return { entry, states: {} };
  }

  private write(locales: Record<string, Values>): EntryAnswer {
    for (const [locale, values] of Object.entries(locales)) {
      this.sides[locale] ??= { title: null, body: null };
      for (const [name, value] of Object.entries(values)) {
        if (name === 'theme') this.shared[name] = value;
        else (this.sides[locale] as Values)[name] = value;
      }
    }
    this.revision++;
    return this.answer(Object.keys(locales).sort()[0] as string);
  }

  async create(locales: Record<string, Values>) {
    this.calls++;
    if (this.down) throw this.down;
    return this.write(locales);
  }

  async save(_: string, revision: number, locales: Record<string, Values>) {
    this.calls++;
    if (this.down) throw this.down;
    if (revision !== this.revision) throw new Problem({ code: 'entry_changed', updated_by: { kind: 'user', id: 'U2' } }, 412);
    return this.write(locales);
  }

  async get(_: string, locale: string) {
    if (this.down) throw this.down;
    return this.sides[locale] ? this.answer(locale) : null;
  }

  other(locale: string, values: Values) {
    this.write({ [locale]: values });
  }
}

const memory = (): Keep & { all: Map<string, string> } => {
  const all = new Map<string, string>();
  return { all, read: (k) => all.get(k) ?? null, write: (k, v) => !!all.set(k, v), remove: (k) => void all.delete(k) };
};

async function open(server: Server, keep: Keep) {
  return new Writing(fields, server, keep, 'u.news', {
    fr: await server.get('E1', 'fr'),
    ar: await server.get('E1', 'ar'),
  });
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('writing an entry', () => {
  it('creates it with the first words, half a second after the last key', async () => {
    const server = new Server();
    const w = await open(server, memory());
    w.set('fr', 'title', 'Bon');
    await vi.advanceTimersByTimeAsync(499);
    w.set('fr', 'title', 'Bonjour');
    await vi.advanceTimersByTimeAsync(499);
    expect(server.calls).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(server.sides.fr?.title).toBe('Bonjour');
    expect(w.get()).toMatchObject({ id: 'E1', revision: 1, saving: 'saved' });
  });

  it('saves each language, and what they share once', async () => {
    const server = new Server();
    server.other('fr', { title: 'Un' });
    const w = await open(server, memory());
    w.set('ar', 'title', 'واحد');
    w.set('ar', 'theme', 'eau');
    expect(w.get().values.fr?.theme).toBe('eau');
    await w.flush();
    expect(server.sides.ar?.title).toBe('واحد');
    expect(server.shared.theme).toBe('eau');
    expect(w.pending()).toBe(false);
  });

  it('takes a colleague’s other fields without asking', async () => {
    const server = new Server();
    server.other('fr', { title: 'Un', body: 'Texte' });
    const w = await open(server, memory());
    server.other('fr', { body: 'Texte du collègue' });
    w.set('fr', 'title', 'Deux');
    await vi.advanceTimersByTimeAsync(2_000);
    expect(server.sides.fr).toMatchObject({ title: 'Deux', body: 'Texte du collègue' });
    expect(w.get().values.fr?.body).toBe('Texte du collègue');
    expect(w.get().conflict).toBeNull();
  });

  it('stops at a field that both changed, and goes on once it is settled', async () => {
    const server = new Server();
    server.other('fr', { title: 'Un' });
    const w = await open(server, memory());
    server.other('fr', { title: 'Leur titre' });
    w.set('fr', 'title', 'Mon titre');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(w.get().saving).toBe('conflict');
    expect(w.get().conflict?.clashes).toMatchObject([{ mine: 'Mon titre', theirs: 'Leur titre' }]);
    w.set('fr', 'body', 'Encore tapé');
    await vi.advanceTimersByTimeAsync(5_000);
    expect(server.sides.fr?.title).toBe('Leur titre');
    await w.settle(() => true);
    expect(server.sides.fr).toMatchObject({ title: 'Mon titre', body: 'Encore tapé' });
  });

  it('gives way when that is chosen', async () => {
    const server = new Server();
    server.other('fr', { title: 'Un' });
    const w = await open(server, memory());
    server.other('fr', { title: 'Leur titre' });
    w.set('fr', 'title', 'Mon titre');
    await w.flush();
    await w.settle(() => false);
    expect(w.get()).toMatchObject({ saving: 'saved', conflict: null });
    expect(w.get().values.fr?.title).toBe('Leur titre');
  });

  it('keeps what it cannot save, tries again, and lets go of it then', async () => {
    const server = new Server();
    server.other('fr', { title: 'Un' });
    const keep = memory();
    const w = await open(server, keep);
    server.down = new Problem({}, 503);
    w.set('fr', 'title', 'Écrit dans le train');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(w.get().saving).toBe('offline');
    expect([...keep.all.values()].join()).toContain('Écrit dans le train');
    server.down = null;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(server.sides.fr?.title).toBe('Écrit dans le train');
    expect(keep.all.size).toBe(0);
  });

  it('brings back what an earlier visit could not save', async () => {
    const server = new Server();
    server.other('fr', { title: 'Un' });
    const keep = memory();
    const before = await open(server, keep);
    server.down = new Problem({}, 401);
    before.set('fr', 'title', 'Session finie');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(before.get().saving).toBe('expired');
    before.close();
    server.down = null;
    const after = await open(server, keep);
    expect(after.get()).toMatchObject({ restored: true });
    expect(after.get().values.fr?.title).toBe('Session finie');
    await after.flush();
    expect(server.sides.fr?.title).toBe('Session finie');
    expect(keep.all.size).toBe(0);
  });

  it('asks when what came back meets another’s change', async () => {
    const server = new Server();
    server.other('fr', { title: 'Un' });
    const keep = memory();
    const before = await open(server, keep);
    server.down = new Problem({}, 0);
    before.set('fr', 'title', 'Hors ligne');
    await vi.advanceTimersByTimeAsync(1_000);
    before.close();
    server.down = null;
    server.other('fr', { title: 'Entre-temps' });
    const after = await open(server, keep);
    expect(after.get().conflict?.clashes).toMatchObject([{ mine: 'Hors ligne', theirs: 'Entre-temps' }]);
  });

  it('does not lose what is typed while it saves', async () => {
    const server = new Server();
    server.other('fr', { title: 'Un' });
    const w = await open(server, memory());
    w.set('fr', 'title', 'Deux');
    const saving = w.flush();
    w.set('fr', 'title', 'Deux et demi');
    await saving;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(server.sides.fr?.title).toBe('Deux et demi');
    expect(w.get().values.fr?.title).toBe('Deux et demi');
  });
});
