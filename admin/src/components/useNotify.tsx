import { Button, Group, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconArrowBackUp } from '@tabler/icons-react';
import { useI18n } from '../i18n/i18n';

// Time to read it and to decide, where something can be taken back.
const undoable = 12_000;

/** Says in passing what was done, or what went wrong, and perhaps offers to take it back. */
export function useNotify(): (message: string, tone?: 'done' | 'wrong', undo?: () => void) => void {
  const { t } = useI18n();
  return (message, tone = 'done', undo) => {
    const id = crypto.randomUUID();
    const take = () => {
      notifications.hide(id);
      undo?.();
    };
    notifications.show({
      id,
      message: undo ? (
        <Group justify="space-between" wrap="nowrap">
          <Text size="sm">{message}</Text>
          <Button size="compact-sm" variant="light" leftSection={<IconArrowBackUp size={14} className="flips" />} onClick={take}>{t('undo')}</Button>
        </Group>
      ) : message,
      color: tone === 'done' ? 'recueil' : 'red',
      autoClose: undo ? undoable : undefined,
      closeButtonProps: { 'aria-label': t('close') },
    });
  };
}
