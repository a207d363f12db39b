import { Alert, Button, Checkbox, FileButton, Group, List, Stack, Table, Text } from '@mantine/core';
import { IconUpload } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { api, dataOf } from '../../api/client';
import { useModel } from '../../api/collections';
import { asProblem, type Problem } from '../../api/problem';
import type { Collection } from '../../api/types';
import { PageHead } from '../../components/Page';
import { useI18n } from '../../i18n/i18n';
import type { Report } from './CheckDialog';
import { readModel } from './modelFile';

/** What would become of one collection of a file. */
interface Tried {
  collection: Collection;
  isNew: boolean;
  report?: Report;
  wrong?: Problem;
  done?: boolean;
}

function define(c: Collection, known: Collection[], query: Record<string, boolean>) {
  const there = known.find((k) => k.id === c.id);
  const { revision: _, ...definition } = c;
  return there
    ? api.PATCH('/collections/{collection}', { params: { path: { collection: there.name }, query: query as never }, headers: { 'If-Match': `"${there.revision}"` }, body: definition as never })
    : api.POST('/collections', { params: { query: query as never }, body: definition as never });
}

/** Brings collections from a file: first it is seen what each would do, then those are taken that one wants. */
export function ModelImportScreen() {
  const { t } = useI18n();
  const known = useModel();
  const cache = useQueryClient();
  const [tried, setTried] = useState<Tried[] | null>(null);
  const [broken, setBroken] = useState(false);
  const [sure, setSure] = useState(false);
  const [busy, setBusy] = useState(false);

  const attempt = async (c: Collection, query: Record<string, boolean>): Promise<Tried> => {
    const isNew = !known.some((k) => k.id === c.id);
    try {
      const answer = await define(c, known, query);
      return query.dry_run ? { collection: c, isNew, report: dataOf(answer as never) as Report } : { collection: c, isNew, done: true };
    } catch (error) {
      return { collection: c, isNew, wrong: asProblem(error) };
    }
  };
  const look = async (file: File | null) => {
    if (!file) return;
    const found = readModel(await file.text());
    setBroken(found === null);
    setTried(null);
    setSure(false);
    if (!found) return;
    setBusy(true);
    const out: Tried[] = [];
    for (const c of found) out.push(await attempt(c, { dry_run: true }));
    setTried(out);
    setBusy(false);
  };
  const able = (tried ?? []).filter((x) => !x.done && (x.isNew || changes(x)));
  const carryOut = async () => {
    setBusy(true);
    const results = new Map<string, Tried>();
    // A relation may point at a collection that comes later in the file: what
    // was refused is tried again for as long as that gets further.
    for (let waiting = able, before = Infinity; waiting.length > 0 && waiting.length < before; ) {
      before = waiting.length;
      for (const x of waiting) results.set(x.collection.id, await attempt(x.collection, sure ? { force: true } : {}));
      waiting = waiting.filter((x) => !results.get(x.collection.id)?.done);
    }
    setTried((old) => old?.map((x) => results.get(x.collection.id) ?? x) ?? null);
    await cache.invalidateQueries();
    setBusy(false);
  };
  const confirm = able.some((x) => (x.report?.confirm ?? []).length > 0);
  return (
    <>
      <PageHead title={t('model.import')}>
        <Button component={Link} to="/model/associations" variant="default">{t('model')}</Button>
      </PageHead>
      <Stack maw={980}>
        <Text size="sm">{t('model.import_help')}</Text>
        <Group><FileButton accept="application/json,.json" onChange={(f) => void look(f)}>{(props) => <Button {...props} loading={busy} leftSection={<IconUpload size={16} />}>{t('model.import_file')}</Button>}</FileButton></Group>
        {broken && <Alert color="red" role="alert">{t('model.import_broken')}</Alert>}
        {tried && (
          <>
            <Plan tried={tried} />
            {confirm && <Checkbox label={t('model.sure')} checked={sure} onChange={(e) => setSure(e.currentTarget.checked)} />}
            {able.length > 0 ? (
              <Group><Button loading={busy} disabled={confirm && !sure} onClick={() => void carryOut()}>{t('model.import_go', { n: able.length })}</Button></Group>
            ) : (
              <Text size="sm" role="status" data-model-import="ended">{t('model.import_nothing')}</Text>
            )}
          </>
        )}
      </Stack>
    </>
  );
}

const changes = (x: Tried) => (x.report?.changes ?? []).length > 0 || x.wrong !== undefined;

function Plan({ tried }: { tried: Tried[] }) {
  const { t, pick, named, about } = useI18n();
  return (
    <Table verticalSpacing="xs" aria-label={t('model.changes')}>
      <Table.Thead><Table.Tr><Table.Th scope="col">{t('model.collection')}</Table.Th><Table.Th scope="col">{t('model.changes')}</Table.Th></Table.Tr></Table.Thead>
      <Table.Tbody>
        {tried.map((x) => (
          <Table.Tr key={x.collection.id}>
            <Table.Td>{pick(x.collection.label, x.collection.name)}</Table.Td>
            <Table.Td>
              {x.done && <Text size="sm" fw={600}>{t('saved')}</Text>}
              {!x.done && x.isNew && <Text size="sm">{t('model.import_new', { n: x.collection.fields.length })}</Text>}
              {!x.done && !x.isNew && !changes(x) && <Text size="sm" c="dimmed">{t('model.import_same')}</Text>}
              {!x.done && !x.isNew && x.report && changes(x) && (
                <>
                  <List size="sm">{(x.report.changes ?? []).map((c) => <List.Item key={c.what + c.path}>{about(named('change', c.what), '')}<Text span ff="monospace" size="sm" dir="ltr">{c.path}</Text></List.Item>)}</List>
                  <Text size="sm" c="dimmed">{t('model.checked', { n: x.report.checked })} {t('model.rewritten', { n: x.report.rewritten })}</Text>
                  {x.report.offending > 0 && <Text size="sm" c="red.8">{t('model.offending', { n: x.report.offending })}</Text>}
                  {(x.report.confirm ?? []).map((c) => <Text key={c.code + (c.field ?? '')} size="sm" c="orange.9">{named('confirm', c.code)} ({t('list.total', { n: c.entries ?? 0 })})</Text>)}
                </>
              )}
              {x.wrong && <Text size="sm" c="red.8" role="alert">{[x.wrong.message, ...x.wrong.errors.map((e) => about(e.pointer, e.detail))].filter(Boolean).join(' ')}</Text>}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
