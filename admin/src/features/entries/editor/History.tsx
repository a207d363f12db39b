import { Button, Drawer, Group, NavLink, Skeleton, Stack, Text } from '@mantine/core';
import { IconRestore } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { actOnEntry } from '../../../api/entries';
import { revisionQuery, revisionsQuery, type Revision } from '../../../api/history';
import { asProblem } from '../../../api/problem';
import { useRights } from '../../../api/session';
import type { Collection } from '../../../api/types';
import { ProblemAlert } from '../../../components/Problem';
import { useActorName } from '../../../components/useActorName';
import { useI18n } from '../../../i18n/i18n';
import { valuesOf, type Writing } from '../writing';
import { useStanding } from './useStanding';
import { Changes } from './Changes';

interface Props {
  opened: boolean;
  onClose(): void;
  collection: Collection;
  writing: Writing;
  /** Of the entry; null: it is not there yet. */
  id: string | null;
  locale: string;
}

/** Who changed what and when, and the way back. */
export function History(props: Props) {
  const { t } = useI18n();
  return (
    <Drawer opened={props.opened} onClose={props.onClose} position="right" size="lg" title={t('history')} closeButtonProps={{ 'aria-label': t('close') }}>
      {props.opened && props.id && <Revisions {...props} id={props.id} />}
    </Drawer>
  );
}

function Revisions({ collection, writing, locale, id, onClose }: Props & { id: string }) {
  const { t, date, named } = useI18n();
  const who = useActorName();
  const [open, setOpen] = useState<number | null>(null);
  const standing = useStanding(writing);
  const list = useInfiniteQuery(revisionsQuery(collection.name, id, standing.revision));
  const revisions = (list.data?.pages ?? []).flatMap((p) => p.revisions);
  if (list.error) return <ProblemAlert error={list.error} onRetry={() => void list.refetch()} />;
  if (!list.data) return <Skeleton h={200} />;
  return (
    <Stack gap={4}>
      {revisions.map((r) => (
        <div key={r.revision}>
          <NavLink
            component="button"
            className="place"
            aria-expanded={open === r.revision}
            label={`${named('action', r.action)} · ${who(r.actor)}`}
            description={[date(r.at, true), r.reason].filter(Boolean).join(' · ')}
            onClick={() => setOpen(open === r.revision ? null : r.revision)}
          />
          {open === r.revision && <One collection={collection} id={id} revision={r} locale={locale} writing={writing} newest={standing.revision} onDone={onClose} />}
        </div>
      ))}
      {list.hasNextPage && <Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t('more')}</Button>}
    </Stack>
  );
}

interface OneProps {
  collection: Collection;
  id: string;
  revision: Revision;
  locale: string;
  writing: Writing;
  newest: number;
  onDone(): void;
}

/** One revision: what it changed, and the button that takes it back as a draft. */
function One({ collection, id, revision, locale, writing, newest, onDone }: OneProps) {
  const { t } = useI18n();
  const rights = useRights();
  const [wrong, setWrong] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const now = useQuery(revisionQuery(collection.name, id, revision.revision, locale));
  const before = useQuery({ ...revisionQuery(collection.name, id, revision.revision - 1, locale), enabled: revision.revision > 1 });
  const restore = async () => {
    setBusy(true);
    try {
      if (!(await writing.flush())) return;
      await actOnEntry(collection.name, id, 'revert', { locale, revision: revision.revision }, writing.get().revision);
      await writing.reread();
      onDone();
    } catch (error) {
      setWrong(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  const error = now.error ?? before.error ?? wrong;
  if (error) return <ProblemAlert error={error} />;
  if (now.data === undefined || (revision.revision > 1 && before.data === undefined)) return <Skeleton h={60} m="sm" />;
  return (
    <Stack p="sm" gap="sm">
      {now.data ? <Changes collection={collection} locale={locale} from={before.data ? valuesOf(before.data) : {}} to={valuesOf(now.data)} /> : <Text size="sm" c="dimmed">{t('history.no_locale')}</Text>}
      {now.data && revision.revision !== newest && rights.may('update', collection.name) && (
        <Group><Button size="compact-sm" variant="light" leftSection={<IconRestore size={16} />} loading={busy} onClick={() => void restore()}>{t('history.restore')}</Button></Group>
      )}
    </Stack>
  );
}
