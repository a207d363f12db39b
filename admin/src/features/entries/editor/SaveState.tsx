import { Group, Loader, Text } from '@mantine/core';
import { IconAlertTriangle, IconCloudCheck, IconCloudOff } from '@tabler/icons-react';
import { useI18n, type Key } from '../../../i18n/i18n';
import { useStore } from '../../../lib/store';
import type { Writing } from '../writing';

/** Says, also to those who do not look, whether what was typed is safe. */
export function SaveState({ writing }: { writing: Writing }) {
  const { t } = useI18n();
  const { saving, id } = useStore(writing);
  const busy = saving === 'waiting' || saving === 'saving';
  const Icon = saving === 'saved' ? IconCloudCheck : saving === 'offline' || saving === 'expired' ? IconCloudOff : IconAlertTriangle;
  const key: Key = saving === 'saved' && id === null ? 'saving.nothing' : `saving.${saving}`;
  const worry = !busy && saving !== 'saved';
  return (
    <Group gap={6} wrap="nowrap" role="status" data-saving={saving} c={worry ? 'orange.9' : 'dimmed'} className="save-state">
      {busy ? <Loader size={14} color="gray" /> : <Icon size={16} aria-hidden />}
      <Text size="sm">{t(key)}</Text>
    </Group>
  );
}
