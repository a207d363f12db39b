import { Alert, Avatar, Button, Group, Text, Tooltip } from '@mantine/core';
import { IconLock, IconUsers } from '@tabler/icons-react';
import { useMe } from '../../../api/session';
import type { Present } from '../../../api/presence';
import { useI18n } from '../../../i18n/i18n';
import type { Company } from './usePresence';

/** Says who else is at the entry, and lets one write alone. */
export function PresenceNotice({ company, mayWrite }: { company: Company; mayWrite: boolean }) {
  const { t, date } = useI18n();
  const me = useMe()?.user?.id;
  const { others, taker, take } = company;
  const name = (p: Present) => (p.user === me ? t('presence.you_elsewhere') : p.name || t('presence.somebody'));
  if (taker) {
    return (
      <Alert color="orange" icon={<IconLock />} mb="md" role="alert" data-presence="taken" title={t('presence.taken', { name: name(taker) })}>
        <Group justify="space-between">
          <Text size="sm">{t('presence.taken_help')}</Text>
          {mayWrite && <Button size="compact-sm" variant="light" onClick={() => void take()}>{t('presence.take_back')}</Button>}
        </Group>
      </Alert>
    );
  }
  const writers = others.filter((p) => p.typed);
  if (writers.length === 0) return null;
  const last = writers.reduce((a, b) => ((a.typed ?? '') > (b.typed ?? '') ? a : b));
  return (
    <Alert color="blue" icon={<IconUsers />} mb="md" role="status" data-presence="writing">
      <Group justify="space-between">
        <Text size="sm">{t('presence.writing', { names: [...new Set(writers.map(name))].join(', '), at: date(last.typed, true) })}</Text>
        {mayWrite && <Button size="compact-sm" variant="light" onClick={() => void take()}>{t('presence.take')}</Button>}
      </Group>
    </Alert>
  );
}

/** The others who have the entry open, small. */
export function Faces({ others }: { others: Present[] }) {
  const { t, languageName } = useI18n();
  if (others.length === 0) return null;
  return (
    <Avatar.Group role="list" aria-label={t('presence.here')}>
      {others.slice(0, 4).map((p) => (
        <Tooltip key={p.tab} label={p.locale ? `${p.name} · ${languageName(p.locale)}` : p.name}>
          <Avatar role="listitem" name={p.name} size={30} radius="xl" color="initials" variant="filled" aria-label={p.name} autoContrast />
        </Tooltip>
      ))}
    </Avatar.Group>
  );
}
