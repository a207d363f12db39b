import { Button, Checkbox, FileButton, Group, Select, Stack, Table, Text, Title } from '@mantine/core';
import { IconDownload, IconUpload } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useMemo, useState, type DragEvent } from 'react';
import { named, useModel } from '../../api/collections';
import { useLocales, useRights } from '../../api/session';
import type { Plan } from '../../api/transfer';
import type { Collection } from '../../api/types';
import { PageHead } from '../../components/Page';
import { useI18n } from '../../i18n/i18n';
import { encodingOf, encodings, readTable, separatorOf, separators, type Encoding, type Separator, type Sheet } from '../../lib/table';
import { exportAll } from './exportAll';
import { guess, keysOf, targetOf, targetsOf } from './mapping';
import { Report } from './Report';
import { useImport } from './useImport';

/** Brings a CSV file into a collection: what its columns are, what that would do, and doing it. */
export function ImportScreen() {
  const { t, pick } = useI18n();
  const { collection: name } = useParams({ from: '/import/$collection' });
  const collection = named(useModel(), name); // a header may be a label in any language
  if (!collection) return null;
  return (
    <>
      <PageHead
        title={t('import.of', { name: pick(collection.label, collection.name) })}
        before={<Button component={Link} to={`/c/${collection.name}`} variant="subtle" size="compact-sm">{pick(collection.label, collection.name)}</Button>}
      />
      <Import key={collection.id} collection={collection} />
    </>
  );
}

function Import({ collection }: { collection: Collection }) {
  const { t } = useI18n();
  const locales = useLocales();
  const [bytes, setBytes] = useState<Uint8Array | null>(null);
  const [over, setOver] = useState(false);
  const [done, setDone] = useState<number | null>(null);
  const take = (file: File | null | undefined) => void file?.arrayBuffer().then((b) => setBytes(new Uint8Array(b)));
  const drop = (e: DragEvent) => {
    e.preventDefault();
    setOver(false);
    take(e.dataTransfer.files[0]);
  };
  const example = async () => {
    setDone(0);
    try {
      await exportAll(collection, locales, setDone);
    } finally {
      setDone(null);
    }
  };
  return (
    <Stack maw={1000} className={over ? 'drop' : undefined} onDragOver={(e) => { e.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)} onDrop={drop}>
      <Text size="sm" c="dimmed">{t('import.help')}</Text>
      <Group>
        <FileButton onChange={take} accept=".csv,.tsv,.txt,text/csv" inputProps={{ 'aria-label': t('import.file') }}>
          {(props) => <Button {...props} leftSection={<IconUpload size={16} />}>{t('import.file')}</Button>}
        </FileButton>
        <Button variant="default" leftSection={<IconDownload size={16} />} loading={done !== null} onClick={() => void example()}>{t('import.export')}</Button>
      </Group>
      {bytes && <Read key={bytes.length} collection={collection} locales={locales} bytes={bytes} />}
    </Stack>
  );
}

interface ReadProps {
  collection: Collection;
  locales: string[];
  bytes: Uint8Array;
}

const names: Record<Separator, 'import.comma' | 'import.semicolon' | 'import.tab'> = { ',': 'import.comma', ';': 'import.semicolon', '\t': 'import.tab' };

/** How the file is to be read, with its first rows to see whether that is right. */
function Read({ collection, locales, bytes }: ReadProps) {
  const { t } = useI18n();
  const [encoding, setEncoding] = useState<Encoding>(() => encodingOf(bytes));
  const text = useMemo(() => new TextDecoder(encoding).decode(bytes), [bytes, encoding]);
  const [separator, setSeparator] = useState<Separator>(() => separatorOf(text));
  const sheet = useMemo(() => readTable(text, separator), [text, separator]);
  return (
    <>
      <Group>
        <Select label={t('import.encoding')} allowDeselect={false} value={encoding} data={encodings.map((e) => ({ value: e, label: e.toUpperCase() }))} onChange={(e) => e && setEncoding(e as Encoding)} />
        <Select label={t('import.separator')} allowDeselect={false} value={separator} data={separators.map((s) => ({ value: s, label: t(names[s]) }))} onChange={(s) => s && setSeparator(s as Separator)} />
      </Group>
      <Text role="status" size="sm">{t('import.rows', { n: sheet.rows.length })}</Text>
      {sheet.rows.length > 0 && <Mapping key={sheet.head.join('\n')} collection={collection} locales={locales} sheet={sheet} />}
    </>
  );
}

/** What each column is, and what becomes of the rows. */
function Mapping({ collection, locales, sheet }: { collection: Collection; locales: string[]; sheet: Sheet }) {
  const { t, pick, languageName } = useI18n();
  const cache = useQueryClient();
  const rights = useRights();
  const first = locales[0] ?? 'fr';
  const [words, setWords] = useState(() => {
    const seen = new Set<string>();
    return sheet.head.map((h) => {
      const word = guess(h, collection, locales, first);
      const free = word !== '' && !seen.has(word);
      if (free) seen.add(word);
      return free ? word : '';
    });
  });
  const keys = keysOf(collection).filter((k) => words.some((w) => targetOf(w).field === k));
  const [chosen, setChosen] = useState<string | null>(null);
  const key = chosen ?? keys[0] ?? '';
  const [clear, setClear] = useState(false);
  const [publish, setPublish] = useState(false);
  const { progress, run, stop, forget } = useImport(collection.name);
  const plan: Plan = { columns: words.map(targetOf), key: keys.includes(key) ? key : '', locale: first, clear, publish };
  const used = words.filter(Boolean);
  const twice = used.some((w, i) => used.indexOf(w) !== i);
  const change = (work: () => void) => {
    forget();
    work();
  };
  const options = targetsOf(collection, locales).map(({ word, field, locale }) => ({
    value: word, label: field ? [pick(field.label, field.name), locale && languageName(locale)].filter(Boolean).join(' – ') : t('import.id'),
  }));
  const go = async (dry: boolean) => {
    await run(sheet, { ...plan, dry_run: dry });
    if (!dry) await cache.invalidateQueries({ queryKey: ['entries'] });
  };
  const running = progress?.state === 'running';
  return (
    <>
      <Title order={2} size="h4">{t('import.columns')}</Title>
      <Table.ScrollContainer minWidth={0} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table aria-label={t('import.columns')}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t('import.column')}</Table.Th>
              <Table.Th scope="col" visibleFrom="sm">{t('import.sample')}</Table.Th>
              <Table.Th scope="col">{t('import.field')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {sheet.head.map((h, i) => (
              <Table.Tr key={i}>
                <Table.Td><Text size="sm" fw={600} dir="auto">{h || i + 1}</Text></Table.Td>
                <Table.Td visibleFrom="sm" maw={260}><Text size="sm" c="dimmed" lineClamp={1} dir="auto">{sheet.rows.find((r) => r[i])?.[i]}</Text></Table.Td>
                <Table.Td>
                  <Select
                    aria-label={t('import.field_of', { name: h || String(i + 1) })} data={options} value={words[i] || null} searchable clearable placeholder={t('import.left_out')}
                    clearButtonProps={{ 'aria-label': t('clear') }} nothingFoundMessage={t('nothing_found')} disabled={running}
                    onChange={(w) => change(() => setWords(words.map((old, j) => (j === i ? (w ?? '') : old))))}
                  />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Select
        label={t('import.key')} description={t('import.key_help')} maw={420} allowDeselect={false} value={keys.includes(key) ? key : ''} disabled={running} onChange={(k) => change(() => setChosen(k ?? ''))}
        data={[...keys.map((k) => ({ value: k, label: k === 'id' ? t('import.id') : pick(collection.fields.find((f) => f.name === k)?.label, k) })), { value: '', label: t('import.always_new') }]}
      />
      <Checkbox label={t('import.clear')} description={t('import.clear_help')} checked={clear} disabled={running} onChange={(e) => change(() => setClear(e.currentTarget.checked))} />
      {rights.may('publish', collection.name) && (
        <Checkbox label={t('import.publish')} description={t('import.publish_help')} checked={publish} disabled={running} onChange={(e) => change(() => setPublish(e.currentTarget.checked))} />
      )}
      {twice && <Text size="sm" c="red" role="alert">{t('import.twice')}</Text>}
      <Group>
        <Button variant="light" loading={running && progress.dry} disabled={running || used.length === 0 || twice} onClick={() => void go(true)}>{t('import.try')}</Button>
        {progress?.dry && progress.state === 'ended' && (
          <Button onClick={() => void go(false)}>{t('import.go', { n: progress.total - progress.counts.refused })}</Button>
        )}
        {running && <Button variant="default" onClick={stop}>{t('bulk.stop')}</Button>}
      </Group>
      {progress && <Report progress={progress} name={collection.name} />}
    </>
  );
}
