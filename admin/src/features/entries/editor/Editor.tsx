import { Box, Paper, Stack, Text, Title } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { Suspense, lazy, useCallback, useEffect, useMemo, useState } from 'react';
import { expired } from '../../../api/client';
import { titleOf } from '../../../api/collections';
import { events } from '../../../api/events';
import { useRights } from '../../../api/session';
import type { Collection, Field } from '../../../api/types';
import { PageHead } from '../../../components/Page';
import { Form } from '../../../fields/Form';
import { directionOf, useI18n } from '../../../i18n/i18n';
import { browserKeep } from '../../../lib/storage';
import { useGradually } from '../../../lib/gradually';
import { useStore } from '../../../lib/store';
import type { Writing } from '../writing';
import { Comments } from './Comments';
import { ConflictNotice } from './ConflictNotice';
import { EditorHead } from './EditorHead';
import { LocaleTabs } from './LocaleTabs';
import { problemsIn } from './locate';
import { Notices } from './Notices';
import { usePanels } from './panels';
import { PresenceNotice } from './PresenceNotice';
import { Sections } from './Sections';
import { usePresence } from './usePresence';

const Beside = lazy(() => import('./Beside').then((m) => ({ default: m.Beside })));
const PlacePanels = lazy(() => import('./PlacePanels').then((m) => ({ default: m.PlacePanels })));
const Preview = lazy(() => import('./Preview').then((m) => ({ default: m.Preview })));

interface Props {
  collection: Collection;
  writing: Writing;
  locales: string[];
  onCreated(id: string): void;
}

interface Section {
  tab: string;
  fields: Field[];
  /** How many fields stand above it. */
  before: number;
}

/** The fields of a collection by their tabs, in the order of the definition. */
function sectionsOf(collection: Collection): Section[] {
  const out: Section[] = [];
  for (const field of collection.fields) {
    const tab = field.tab ?? '';
    const section = out.find((s) => s.tab === tab);
    if (section) section.fields.push(field);
    else out.push({ tab, fields: [field], before: 0 });
  }
  out.forEach((s, i) => (s.before = out.slice(0, i).reduce((n, above) => n + above.fields.length, 0)));
  return out;
}

export function Editor({ collection, writing, locales, onCreated }: Props) {
  const { pick, t, speech } = useI18n();
  const rights = useRights();
  const cache = useQueryClient();
  const written = useStore(writing);
  const [locale, setLocale] = useState(() => firstLocale(locales, written.locales, speech));
  const [source, setSource] = useSource(locales, locale, written.locales);
  useWriter(writing, written.id, onCreated, () => void cache.invalidateQueries({ queryKey: ['entries'] }));
  const [preview, setPreview] = useState(false);
  const company = usePresence(collection.name, written.id, locale, writing);

  const localized = collection.fields.some((f) => f.localized);
  const problems = useMemo(() => problemsIn(written.problems, locale, locales), [written.problems, locale, locales]);
  const verb = written.id ? 'update' : 'create';
  const mayWrite = rights.may(verb, collection.name);
  // Whoever took over writes alone; what was typed here is saved all the same.
  const readOnly = !mayWrite || company.taker !== null;
  const values = written.values[locale] ?? {};
  const title = titleOf(collection, values) || (written.id ? t('entry.untitled') : t('entry.new_of', { name: pick(collection.label_one, collection.name) }));

  return (
    <Box className="editor-body">
      <EditorHead collection={collection} writing={writing} locale={locale} title={title} others={company.others} preview={preview} onPreview={setPreview} />
      <PageHead title={title} />
      <ConflictNotice writing={writing} written={written} />
      <PresenceNotice company={company} mayWrite={mayWrite} />
      <Notices writing={writing} written={written} problems={problems} />
      {localized && (
        <LocaleTabs
          locales={locales} written={written} locale={locale} onChange={setLocale}
          beside={source !== null} onBeside={(on) => setSource(on ? (locales.find((l) => l !== locale) ?? null) : null)}
        />
      )}
      <div className={preview && written.id ? 'with-preview' : undefined}>
      {source !== null ? (
        <Suspense>
          <Beside collection={collection} writing={writing} written={written} from={source} locale={locale} locales={locales} problems={problems} readOnly={readOnly} onFrom={setSource} />
        </Suspense>
      ) : (
        <Alone collection={collection} writing={writing} locale={locale} locales={locales} readOnly={readOnly} narrow={preview} />
      )}
      {preview && written.id && (
        <Suspense><Preview collection={collection.name} written={written} locale={locale} onClose={() => setPreview(false)} /></Suspense>
      )}
      </div>
    </Box>
  );
}

interface AloneProps {
  collection: Collection;
  writing: Writing;
  locale: string;
  locales: string[];
  readOnly: boolean;
  /** Something stands beside it: there is no room for the list of sections. */
  narrow: boolean;
}

/** One language of an entry, as a form in sections. */
function Alone({ collection, writing, locale, locales, readOnly, narrow }: AloneProps) {
  const { pick, t, named, speech } = useI18n();
  const rights = useRights();
  const written = useStore(writing);
  const problems = useMemo(() => problemsIn(written.problems, locale, locales), [written.problems, locale, locales]);
  const set = useCallback((name: string, value: unknown) => writing.set(locale, name, value), [writing, locale]);
  const sections = useMemo(() => sectionsOf(collection), [collection]);
  const panels = usePanels(collection);
  const values = written.values[locale] ?? {};
  const shown = useGradually(collection.fields.length);
  const aside = !narrow && (sections.length > 1 || panels.length > 0);
  const writable = rights.fields(written.id ? 'update' : 'create', collection.name);
  const discussed = written.id !== null && written.states[locale] !== undefined && ['review', 'update', 'submit'].some((v) => rights.may(v, collection.name));
  const talk = useCallback(
    (field: Field) => <Comments collection={collection} writing={writing} written={written} locale={locale} field={field} />,
    [collection, writing, written.id, written.states, locale], // eslint-disable-line react-hooks/exhaustive-deps
  );
  return (
    <div className="editor-parts" data-aside={aside || undefined}>
      <Box maw={980}>
        <Stack gap="lg" id="entry" key={locale}>
          {sections.map(({ tab, fields, before }) => (
            <Paper key={tab} component="section" withBorder p={{ base: 'sm', sm: 'lg' }} id={`section-${tab || 'main'}`} aria-label={tab ? named('tab', tab) : t('tab.main')} dir={directionOf(speech)}>
              {tab && <Title order={2} size="h4" mb="md">{named('tab', tab)}</Title>}
              <Form
                id="entry"
                fields={fields.slice(0, Math.max(0, shown - before))}
                values={values}
                onChange={set}
                locale={locale}
                problems={problems}
                readOnly={readOnly || fields.every((f) => writable && !writable.includes(f.name))}
                extra={discussed ? talk : undefined}
              />
            </Paper>
          ))}
          {collection.help && <Text size="sm" c="dimmed">{pick(collection.help)}</Text>}
        </Stack>
      </Box>
      {(aside || panels.length > 0) && (
        <Box visibleFrom={panels.length > 0 ? undefined : 'lg'}>
          <Stack className={aside ? 'editor-aside' : undefined}>
            {sections.length > 1 && aside && <Box visibleFrom="lg"><Sections sections={sections.map((s) => s.tab)} /></Box>}
            {panels.length > 0 && written.id && (
              <Suspense><PlacePanels panels={panels} collection={collection} writing={writing} locale={locale} revision={written.revision} readOnly={readOnly} /></Suspense>
            )}
          </Stack>
        </Box>
      )}
    </div>
  );
}

function firstLocale(site: string[], has: string[], speech: string): string {
  if (has.includes(speech)) return speech;
  const main = site.find((l) => has.includes(l));
  return main ?? (site.includes(speech) ? speech : (site[0] ?? 'fr'));
}

const kept = 'recueil.beside';

// The language that is translated from; null: none stands beside. Whoever
// translates does it for the whole day, so it is remembered.
function useSource(site: string[], locale: string, has: string[]): [string | null, (l: string | null) => void] {
  const [wanted, setWanted] = useState<string | null>(() => browserKeep.read(kept));
  const choose = (l: string | null) => {
    setWanted(l);
    if (l) browserKeep.write(kept, l);
    else browserKeep.remove(kept);
  };
  if (wanted === null) return [null, choose];
  const others = site.filter((l) => l !== locale);
  return [others.includes(wanted) ? wanted : (others.find((l) => has.includes(l)) ?? others[0] ?? null), choose];
}

// Saves on the way out, warns before a window with unsaved text closes, goes on
// as soon as one is signed in or online again, and takes up what others change.
function useWriter(writing: Writing, id: string | null, onCreated: (id: string) => void, onLeave: () => void) {
  const over = useStore(expired);
  useEffect(() => {
    if (!over) writing.retry();
  }, [over, writing]);
  useEffect(() => {
    if (id) onCreated(id);
  }, [id]); // eslint-disable-line react-hooks/exhaustive-deps
  useEffect(() => events.listen((e) => {
    if (e.kind === 'commit' && e.id === writing.get().id) void writing.refresh();
  }), [writing]);
  useEffect(() => {
    const online = () => writing.retry();
    const warn = (e: BeforeUnloadEvent) => writing.pending() && e.preventDefault();
    window.addEventListener('online', online);
    window.addEventListener('beforeunload', warn);
    return () => {
      window.removeEventListener('online', online);
      window.removeEventListener('beforeunload', warn);
      void writing.flush().then(() => {
        writing.close();
        onLeave();
      });
    };
  }, [writing]); // eslint-disable-line react-hooks/exhaustive-deps
}
