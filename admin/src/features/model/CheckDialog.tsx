import { Alert, Button, Checkbox, Group, List, Modal, Skeleton, Stack, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, dataOf } from '../../api/client';
import { asProblem, type Problem } from '../../api/problem';
import type { Collection, Field } from '../../api/types';
import { ProblemAlert } from '../../components/Problem';
import { useI18n } from '../../i18n/i18n';

export interface Report {
  changes?: { what: string; path: string }[];
  checked: number;
  rewritten: number;
  offending: number;
  confirm?: { code: string; field?: string; entries?: number }[];
}

interface Props {
  opened: boolean;
  collection: Collection;
  /** The members of the definition that are others. */
  change: { fields: Field[] };
  onClose(): void;
}

function define(collection: Collection, change: Props['change'], query: Record<string, unknown>) {
  return api.PATCH('/collections/{collection}', {
    params: { path: { collection: collection.name }, query: query as never },
    headers: { 'If-Match': `"${collection.revision}"` },
    body: change as never,
  });
}

/** What a change of the model would do, in numbers, before it is done. */
export function CheckDialog({ opened, onClose, ...rest }: Props) {
  const { t } = useI18n();
  return (
    <Modal opened={opened} onClose={onClose} title={t('model.changes')} size="lg" closeButtonProps={{ 'aria-label': t('close') }}>
      {opened && <Check {...rest} onClose={onClose} />}
    </Modal>
  );
}

function Check({ collection, change, onClose }: Omit<Props, 'opened'>) {
  const { t, named, about } = useI18n();
  const cache = useQueryClient();
  const [sure, setSure] = useState(false);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<Problem | null>(null);
  const { data, error } = useQuery({
    queryKey: ['collections', collection.id, 'check', change],
    gcTime: 0,
    queryFn: async () => dataOf(await define(collection, change, { dry_run: true })) as unknown as Report,
  });
  const save = async () => {
    setBusy(true);
    setWrong(null);
    try {
      await define(collection, change, { force: sure || undefined });
      onClose();
      await cache.invalidateQueries();
    } catch (e) {
      setWrong(asProblem(e));
    } finally {
      setBusy(false);
    }
  };
  const refused = asProblem(error ?? wrong);
  if (error) return <Refused problem={refused} />;
  if (!data) return <Skeleton h={120} />;
  const confirm = data.confirm ?? [];
  return (
    <Stack>
      <List size="sm">
        {(data.changes ?? []).map((c) => <List.Item key={c.what + c.path}>{about(named('change', c.what), '')}<Text span ff="monospace" size="sm" dir="ltr">{c.path}</Text></List.Item>)}
      </List>
      <Text size="sm">{t('model.checked', { n: data.checked })} {t('model.rewritten', { n: data.rewritten })}</Text>
      {data.offending > 0 && <Alert color="red" role="alert">{t('model.offending', { n: data.offending })}</Alert>}
      {confirm.length > 0 && (
        <Alert color="orange" role="alert" title={t('model.confirm')}>
          <List size="sm" mb="sm">
            {confirm.map((c) => <List.Item key={c.code + (c.field ?? '')}>{about(named('confirm', c.code), '')}<Text span ff="monospace" size="sm">{c.field}</Text> ({t('list.total', { n: c.entries ?? 0 })})</List.Item>)}
          </List>
          <Checkbox label={t('model.sure')} checked={sure} onChange={(e) => setSure(e.currentTarget.checked)} />
        </Alert>
      )}
      {wrong && <Refused problem={wrong} />}
      <Group justify="end">
        <Button variant="default" onClick={onClose}>{t('cancel')}</Button>
        <Button loading={busy} disabled={data.offending > 0 || (confirm.length > 0 && !sure)} color={confirm.length > 0 ? 'red.8' : undefined} onClick={() => void save()}>{t('model.save')}</Button>
      </Group>
    </Stack>
  );
}

function Refused({ problem }: { problem: Problem }) {
  const { about } = useI18n();
  return (
    <>
      <ProblemAlert error={problem} />
      <List size="sm">{problem.errors.map((p) => <List.Item key={p.pointer + p.code}><Text span ff="monospace" size="sm" dir="ltr">{p.pointer}</Text>{about('', p.detail)}</List.Item>)}</List>
    </>
  );
}
