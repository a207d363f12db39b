import { Center, Loader, Text } from '@mantine/core';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useCollection, useCollections } from '../../../api/collections';
import { createEntry, getAnyEntry, getEntry, saveEntry, type EntryAnswer } from '../../../api/entries';
import { asProblem } from '../../../api/problem';
import { useLocales, useMe } from '../../../api/session';
import type { Collection } from '../../../api/types';
import { ProblemAlert } from '../../../components/Problem';
import { useI18n } from '../../../i18n/i18n';
import { browserKeep } from '../../../lib/storage';
import { Writing } from '../writing';
import { Editor } from './Editor';
import { TrashedEntry } from './TrashedEntry';

export function EntryScreen() {
  const { t } = useI18n();
  const { collection: name, entry } = useParams({ from: '/c/$collection/$entry' });
  const collection = useCollection(name);
  const known = useCollections().length > 0;
  const me = useMe();
  if (!collection) return known ? <Text>{t('collection.none', { name })}</Text> : null;
  if (!me?.user) return null;
  return <Opened collection={collection} entry={entry} user={me.user.id} />;
}

type State = { writing: Writing } | { trashed: EntryAnswer } | { error: unknown } | null;

async function open(collection: Collection, entry: string, user: string, locales: string[]): Promise<State> {
  const place = `${user}.${collection.name}`;
  const port = {
    create: (values: Parameters<typeof createEntry>[1], key: string) => createEntry(collection.name, values, key),
    save: (id: string, revision: number, values: Parameters<typeof saveEntry>[3]) => saveEntry(collection.name, id, revision, values),
    get: (id: string, locale: string) => getEntry(collection.name, id, locale),
  };
  const writing = (answers: Record<string, EntryAnswer | null>) =>
    new Writing(collection.fields, port, browserKeep, place, answers);
  if (entry === 'new') return { writing: writing(Object.fromEntries(locales.map((l) => [l, null]))) };
  try {
    const first = await getAnyEntry(collection.name, entry, locales[0] ?? 'fr');
    const there = first.entry.locales;
    const answers = await Promise.all(
      locales.map((l) => (l === first.entry.locale ? first : there.includes(l) ? getEntry(collection.name, entry, l) : null)),
    );
    return { writing: writing(Object.fromEntries(locales.map((l, i) => [l, answers[i] ?? null]))) };
  } catch (error) {
    if (asProblem(error).status !== 404) return { error };
    try {
      return { trashed: await getAnyEntry(collection.name, entry, locales[0] ?? 'fr', true) };
    } catch {
      return { error };
    }
  }
}

function Opened({ collection, entry, user }: { collection: Collection; entry: string; user: string }) {
  const locales = useLocales();
  const go = useNavigate();
  const [state, setState] = useState<State>(null);
  const [turn, setTurn] = useState(0);
  // An entry that this screen made is the one that it shows already.
  const made = useRef<string | null>(null);

  useEffect(() => {
    if (entry !== 'new' && entry === made.current) return;
    made.current = null;
    let current = true;
    setState(null);
    void open(collection, entry, user, locales).then((next) => current && setState(next));
    return () => {
      current = false;
    };
  }, [collection.id, entry, user, locales.join(), turn]); // eslint-disable-line react-hooks/exhaustive-deps

  const created = (id: string) => {
    made.current = id;
    void go({ to: '/c/$collection/$entry', params: { collection: collection.name, entry: id }, replace: true });
  };

  if (!state) return <Center mih={240}><Loader /></Center>;
  if ('error' in state) return <ProblemAlert error={state.error} onRetry={() => setTurn(turn + 1)} />;
  if ('trashed' in state) return <TrashedEntry collection={collection} answer={state.trashed} onDone={() => setTurn(turn + 1)} />;
  return <Editor collection={collection} writing={state.writing} locales={locales} onCreated={created} />;
}
