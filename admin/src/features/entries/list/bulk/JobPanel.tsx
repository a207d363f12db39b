import { Alert, Anchor, Button, Group, List, Progress, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconArrowBackUp, IconCircleCheck, IconLoader2 } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import type { Collection } from '../../../../api/types';
import { useI18n } from '../../../../i18n/i18n';
import { useStore } from '../../../../lib/store';
import { goOn, job, undo, waiting, type Job } from './job';

/** How far the work on many entries is, how it ended, and the way back. */
export function JobPanel({ collection, onSettled }: { collection: Collection; onSettled(): void }) {
  const now = useStore(job);
  const running = now?.state === 'running';
  // Whoever closes the window now would leave work half done.
  useEffect(() => {
    if (!running) return;
    const warn = (e: BeforeUnloadEvent) => e.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [running]);
  if (!now || now.collection !== collection.id) return null;
  return now.state === 'running' ? <Running job={now} /> : <Ended job={now} collection={collection} onSettled={onSettled} />;
}

function Running({ job: now }: { job: Job }) {
  const { t, number } = useI18n();
  const text = t('bulk.progress', { done: number(now.done), total: number(now.total) });
  return (
    <Alert icon={<IconLoader2 />} title={now.label} mb="sm" data-job="running">
      <Group wrap="nowrap">
        <Progress.Root size="lg" style={{ flex: 1 }}>
          <Progress.Section value={(100 * now.done) / Math.max(now.total, 1)} aria-label={now.label} />
        </Progress.Root>
        <Text size="sm" style={{ whiteSpace: 'nowrap' }}>{text}</Text>
        <Button size="compact-sm" variant="default" onClick={now.stop}>{t('bulk.stop')}</Button>
      </Group>
    </Alert>
  );
}

const shown = 50;

function Ended({ job: now, collection, onSettled }: { job: Job; collection: Collection; onSettled(): void }) {
  const { t, number } = useI18n();
  const [open, setOpen] = useState(true);
  const waits = waiting(now).length;
  const failed = now.failed.length;
  const facts = [
    t(now.undoing ? 'bulk.undone' : 'bulk.did', { n: now.undos.length }),
    now.same > 0 && t('bulk.same', { n: now.same }),
    failed > 0 && t('bulk.failed', { n: failed }),
    now.state === 'stopped' && t('bulk.stopped', { n: now.total - now.done }),
  ].filter(Boolean);
  return (
    <Alert
      color={failed > 0 ? 'orange' : undefined} icon={failed > 0 ? <IconAlertTriangle /> : <IconCircleCheck />} title={now.label} mb="sm" data-job="ended"
      withCloseButton closeButtonLabel={t('close')} onClose={() => job.set(null)}
    >
      <Stack gap="xs">
        <Text size="sm" role="status">{facts.join(' ')}</Text>
        <Group gap="xs">
          {!now.undoing && now.undos.length > 0 && (
            <Button size="compact-sm" variant="light" leftSection={<IconArrowBackUp size={14} className="flips" />} onClick={() => void undo(t('bulk.undo_of', { name: now.label }), onSettled, t('offline'))}>
              {t('bulk.undo')}
            </Button>
          )}
          {waits > 0 && now.anyway && (
            <Button size="compact-sm" variant="light" color="red" onClick={() => void goOn(onSettled, t('offline'))}>{now.anyway.label} ({number(waits)})</Button>
          )}
          {failed > 0 && <Button size="compact-sm" variant="subtle" aria-expanded={open} onClick={() => setOpen(!open)}>{t('bulk.reasons')}</Button>}
        </Group>
        {failed > 0 && open && (
          <List size="sm" mah={260} style={{ overflowY: 'auto' }} tabIndex={0} aria-label={t('bulk.reasons')}>
            {now.failed.slice(0, shown).map((f) => (
              <List.Item key={f.id}>
                <Anchor component={Link} to={`/c/${collection.name}/${f.id}`} size="sm" dir="auto">{f.title || t('entry.untitled')}</Anchor>
                {' – '}{f.reason}
              </List.Item>
            ))}
            {failed > shown && <List.Item>{t('bulk.more', { n: failed - shown })}</List.Item>}
          </List>
        )}
      </Stack>
    </Alert>
  );
}
