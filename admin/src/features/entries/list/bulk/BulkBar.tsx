import { Button, Group, Modal, Paper, Stack, Text } from '@mantine/core';
import { IconPuzzle, IconX } from '@tabler/icons-react';
import { lazy, Suspense, useState, type ReactNode } from 'react';
import { usePlaces, type Place } from '../../../../api/places';
import { useRights } from '../../../../api/session';
import type { Collection } from '../../../../api/types';
import { useI18n } from '../../../../i18n/i18n';
import { useStore } from '../../../../lib/store';
import type { Selection } from '../selection';
import { bulkActs, lookAt, type BulkAct, type FieldChange } from './acts';
import { job, start } from './job';

// The controls of all kinds come only when a value is to be given.
const ChangeDialog = lazy(() => import('./ChangeDialog').then((m) => ({ default: m.ChangeDialog })));

const PlaceAction = lazy(() => import('../../../../places/PlaceView').then((m) => ({ default: m.PlaceAction })));

interface Props {
  collection: Collection;
  selection: Selection;
  trashed: boolean;
  /** How many match; all of them can be marked when more than the page is wanted. */
  total?: number;
  onAll(): void;
  gathering: boolean;
  onSettled(): void;
  children?: ReactNode;
}

/** What can be done with the entries that are marked. */
export function BulkBar({ collection, selection, trashed, total, onAll, gathering, onSettled, children }: Props) {
  const { t, pick, speech } = useI18n();
  const rights = useRights();
  const running = useStore(job)?.state === 'running';
  const [asked, setAsked] = useState<BulkAct | null>(null);
  const foreign = usePlaces().actions.filter((p) => p.where === 'list' && p.collections?.includes(collection.id));
  const [acting, setActing] = useState<Place | null>(null);
  const n = selection.marked.size;
  if (n === 0) return null;

  const begin = (act: BulkAct, change?: FieldChange) => {
    setAsked(null);
    void start({
      collection: collection.id, label: t(act.label), offline: t('offline'), settled: onSettled,
      items: [...selection.marked].map(([id, title]) => ({ id, title })),
      perform: async (id) => act.perform(await lookAt(collection, id, speech, trashed), change),
      anyway: act.anyway && { label: t(act.anyway), perform: async (id) => act.perform(await lookAt(collection, id, speech, trashed), change, true) },
    });
  };
  const close = () => setAsked(null);
  return (
    <Paper withBorder shadow="md" p="xs" mt="md" role="region" aria-label={t('bulk')} className="bulk">
      <Group gap="xs">
        <Text size="sm" fw={600} role="status">{t('bulk.marked', { n })}</Text>
        {total !== undefined && total > n && (
          <Button variant="subtle" size="compact-sm" loading={gathering} onClick={onAll}>{t('bulk.all', { n: total })}</Button>
        )}
        <Button variant="subtle" size="compact-sm" leftSection={<IconX size={14} />} onClick={selection.clear}>{t('bulk.none')}</Button>
      </Group>
      <Group gap="xs" mt="xs">
        {bulkActs.filter((a) => a.predicate(rights, collection, trashed)).map((a) => (
          <Button
            key={a.name} size="compact-sm" variant="light" color={a.danger ? 'red' : undefined} disabled={running}
            leftSection={<a.icon size={14} />} onClick={() => (a.asks || a.warning ? setAsked(a) : begin(a))}
          >
            {t(a.label)}
          </Button>
        ))}
        {!trashed && foreign.map((p) => (
          <Button key={`${p.plugin} ${p.id}`} size="compact-sm" variant="light" leftSection={<IconPuzzle size={14} />} onClick={() => setActing(p)}>{pick(p.label, p.id)}</Button>
        ))}
        {children}
      </Group>
      <Modal opened={asked !== null && !asked.asks} onClose={close} title={asked ? t(asked.label) : ''} closeButtonProps={{ 'aria-label': t('close') }}>
        <Stack>
          <Text size="sm">{asked?.warning && t(asked.warning, { n })}</Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>{t('cancel')}</Button>
            <Button color={asked?.danger ? 'red' : undefined} data-autofocus onClick={() => asked && begin(asked)}>{asked && t(asked.label)}</Button>
          </Group>
        </Stack>
      </Modal>
      {acting && <Suspense><PlaceAction place={acting} values={{ ids: [...selection.marked.keys()] }} onClose={() => setActing(null)} /></Suspense>}
      {asked?.asks && (
        <Suspense fallback={null}>
          <ChangeDialog collection={collection} n={n} onClose={close} onChange={(c) => begin(asked, c)} />
        </Suspense>
      )}
    </Paper>
  );
}
