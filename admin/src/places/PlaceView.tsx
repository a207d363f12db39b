import { Alert, Modal, Skeleton } from '@mantine/core';
import { IconClock } from '@tabler/icons-react';
import type { Shown } from '../api/places';
import { ProblemAlert } from '../components/Problem';
import { useNotify } from '../components/useNotify';
import { useI18n } from '../i18n/i18n';
import { ActingContext } from './context';
import { FrameView } from './FrameView';
import { Tree } from './Tree';
import { usePlace, type PlaceOptions } from './usePlace';

/** What a plugin shows: a tree that the console draws, or a frame. */
export function PlaceView(props: PlaceOptions) {
  return props.place.frame ? <FrameView place={props.place} frame={props.place.frame} params={props.params} beside={props.beside} /> : <TreeView {...props} />;
}

function TreeView(props: PlaceOptions) {
  const { t } = useI18n();
  const { tree, wrong, acting, retry } = usePlace(props);
  return (
    <ActingContext.Provider value={acting}>
      {acting.waiting.length > 0 && <Alert color="orange" icon={<IconClock />} role="status" mb="md">{t('place.waiting', { count: acting.waiting.length })}</Alert>}
      {wrong !== null && <ProblemAlert error={wrong} onRetry={retry} />}
      {tree ? <Tree node={tree} /> : wrong === null && <Skeleton h={80} />}
    </ActingContext.Provider>
  );
}

/** An action of a plugin: it is carried out at once, and asks in a dialog what it wants to know. */
export function PlaceAction({ onClose, ...props }: Omit<PlaceOptions, 'onOpened'> & { onClose(): void }) {
  const { t, pick } = useI18n();
  const notify = useNotify();
  const opened = (shown: Shown | null) => {
    if (shown && !shown.tree && !shown.toast && !shown.navigate && !shown.patch) notify(t('place.done'));
    if (shown && !shown.tree) onClose();
  };
  const { tree, wrong, acting, retry } = usePlace({ ...props, onOpened: opened });
  return (
    <Modal opened={tree !== null || wrong !== null} onClose={onClose} title={pick(props.place.label, props.place.id)} size="lg" closeButtonProps={{ 'aria-label': t('close') }}>
      <ActingContext.Provider value={acting}>
        {wrong !== null && <ProblemAlert error={wrong} onRetry={retry} />}
        {tree && <Tree node={tree} />}
      </ActingContext.Provider>
    </Modal>
  );
}
