import { ActionIcon, Box, Button, Group, Kbd, Menu } from '@mantine/core';
import { IconArrowLeft, IconDotsVertical, IconEye, IconHistory, IconListCheck, IconMessage, IconPuzzle } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { lazy, memo, Suspense, useMemo, useState } from 'react';
import type { EntryContext } from '../../../actions/entry/types';
import { editorKeys } from '../../../actions/keys';
import { useOffer } from '../../../actions/offered';
import { usePlaces, type Place } from '../../../api/places';
import type { Present } from '../../../api/presence';
import { useRights } from '../../../api/session';
import type { Collection } from '../../../api/types';
import { StatusBadge } from '../../../components/StatusBadge';
import { idsOf } from '../../../fields/types';
import { useI18n } from '../../../i18n/i18n';
import { readable } from '../../../lib/keys';
import type { Writing } from '../writing';
import { ActDialog } from './ActDialog';
import { Checks, ChecksButton } from './Checks';
import { History } from './History';
import { goToProblem } from './locate';
import { LiveChanges } from './LiveChanges';
import { ReviewNotice } from './Notices';
import { besideOf } from './panels';
import { Faces } from './PresenceNotice';
import { SaveState } from './SaveState';
import { useActs } from './useActs';
import { useStanding, type Standing } from './useStanding';

// Loaded when an action of a plugin is chosen.
const PlaceAction = lazy(() => import('../../../places/PlaceView').then((m) => ({ default: m.PlaceAction })));

interface Props {
  collection: Collection;
  writing: Writing;
  locale: string;
  title: string;
  /** Who else has the entry open. */
  others: Present[];
  preview: boolean;
  onPreview(on: boolean): void;
}

/** The bar of the editor: whether all is saved, where the entry stands, what can be done with it. */
export const EditorHead = memo(function EditorHead({ collection, writing, locale, title, others, preview, onPreview }: Props) {
  const { t, pick } = useI18n();
  const rights = useRights();
  const standing = useStanding(writing);
  const contextOf = (w: Standing): EntryContext | null =>
    w.id
      ? { collection, id: w.id, revision: w.revision, locale, locales: w.locales, state: w.states[locale], trashed: false, rights }
      : null;
  const { acts, lead, start, busy, asking, stop, carryOut } = useActs({
    title, context: contextOf(standing),
    before: () => writing.flush(),
    fresh: () => contextOf(writing.get()),
    onDone: () => writing.reread(),
    onProblem: (problem) => writing.refuse(problem),
  });
  const [history, setHistory] = useState(false);
  const [checking, setChecking] = useState(false);
  const reads = standing.id !== null && rights.may('read_draft', collection.name);
  const state = standing.states[locale];
  const comments = state?.comments ?? [];
  useOffer(
    'editor',
    useMemo(
      () => [
        { id: 'checks', label: t('checks'), group: title, keys: editorKeys.checks, icon: IconListCheck, perform: () => setChecking(true) },
        ...(standing.id ? [{ id: 'preview', label: t('preview'), group: title, keys: editorKeys.preview, icon: IconEye, perform: () => onPreview(!preview) }] : []),
        ...(reads ? [{ id: 'history', label: t('history'), group: title, keys: editorKeys.history, icon: IconHistory, perform: () => setHistory(true) }] : []),
      ],
      [t, title, standing.id, reads, preview, onPreview],
    ),
  );
  const rest = acts.filter((a) => a !== lead);
  const foreign = usePlaces().actions.filter((p) => p.where !== 'list' && p.collections?.includes(collection.id) && standing.id);
  const [acting, setActing] = useState<Place | null>(null);

  return (
    <>
      <Box className="editor-head">
        <Group justify="space-between" gap="xs">
          <Group gap="sm" wrap="nowrap">
            <ActionIcon component={Link} to={collection.singleton ? '/' : `/c/${collection.name}`} variant="subtle" aria-label={t('back_to', { name: pick(collection.label, collection.name) })}>
              <IconArrowLeft size={20} className="flips" />
            </ActionIcon>
            {state && <StatusBadge status={state.status} />}
            <SaveState writing={writing} />
            <Faces others={others} />
          </Group>
          <Group gap="xs" wrap="nowrap">
            <ChecksButton collection={collection} writing={writing} locale={locale} onOpen={() => setChecking(true)} />
            {standing.id && (
              <ActionIcon variant={preview ? 'filled' : 'default'} size={36} aria-pressed={preview} aria-label={t('preview')} onClick={() => onPreview(!preview)}><IconEye size={18} /></ActionIcon>
            )}
            {reads && (
              <ActionIcon variant="default" size={36} aria-label={t('history')} onClick={() => setHistory(true)}><IconHistory size={18} /></ActionIcon>
            )}
            {lead && (
              <Button leftSection={<lead.icon size={16} />} loading={busy === lead.name} onClick={() => start(lead)}>{t(lead.label)}</Button>
            )}
            {rest.length + foreign.length > 0 && (
              <Menu position="bottom-end" width={300}>
                <Menu.Target>
                  <ActionIcon variant="default" size={36} aria-label={t('acts')}><IconDotsVertical size={18} /></ActionIcon>
                </Menu.Target>
                <Menu.Dropdown>
                  {rest.map((a) => (
                    <Menu.Item key={a.name} color={a.danger ? 'red.8' : undefined} leftSection={<a.icon size={16} />} rightSection={a.keys && <Kbd size="xs" dir="ltr">{readable(a.keys)}</Kbd>} onClick={() => start(a)}>
                      {t(a.label)}
                    </Menu.Item>
                  ))}
                  {foreign.map((p) => (
                    <Menu.Item key={`${p.plugin} ${p.id}`} leftSection={<IconPuzzle size={16} />} onClick={() => void writing.flush().then(() => setActing(p))}>{pick(p.label, p.id)}</Menu.Item>
                  ))}
                </Menu.Dropdown>
              </Menu>
            )}
          </Group>
        </Group>
      </Box>
      {acting && (
        <Suspense>
          <PlaceAction
            place={acting} beside={() => besideOf(collection, writing, locale)} onClose={() => setActing(null)}
            onPatch={(values) => Object.entries(values).forEach(([name, value]) => writing.set(locale, name, value))}
          />
        </Suspense>
      )}
      {state?.review && <ReviewNotice state={state.review.state} comment={state.review.comment} />}
      {comments.length > 0 && (
        <Button variant="light" color="orange" size="compact-sm" mb="md" leftSection={<IconMessage size={16} />} onClick={() => goToProblem('entry', `/${comments[0]?.field}`)}>
          {t('comments.open', { n: comments.length })}
        </Button>
      )}
      <Checks opened={checking} onClose={() => setChecking(false)} collection={collection} writing={writing} locale={locale} />
      <History opened={history} onClose={() => setHistory(false)} collection={collection} writing={writing} id={standing.id} locale={locale} />
      <ActDialog act={asking} busy={busy !== null} known={{ publish_at: state?.publish_at, unpublish_at: state?.unpublish_at }} onClose={stop} onAnswer={(act, answers) => void carryOut(act, answers)}>
        {(answers, answer) => asking?.compares && (
          <LiveChanges
            collection={collection} writing={writing} locale={locale} left={idsOf(answers.leave)}
            onLeave={(names, all) => answer({ leave: names.length > 0 ? names : null }, !all)}
          />
        )}
      </ActDialog>
    </>
  );
});
