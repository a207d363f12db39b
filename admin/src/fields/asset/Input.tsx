import { Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { useI18n } from '../../i18n/i18n';
import { Framed } from '../Framed';
import { settingsOf, textOf, type InputProps } from '../types';
import { AssetDialog } from './AssetDialog';
import { AssetLine } from './AssetLine';

export function Input({ field, frame, value, onChange }: InputProps) {
  const { t } = useI18n();
  const [open, setOpen] = useState(false);
  const id = textOf(value);
  return (
    <Framed frame={frame}>
      <Group justify="space-between">
        {id ? <AssetLine id={id} /> : <Text size="sm" c="dimmed">{t('asset.nothing')}</Text>}
        {!frame.readOnly && (
          <Group gap="xs">
            <Button id={`${frame.id}-choose`} variant="light" size="compact-sm" onClick={() => setOpen(true)}>
              {t(id ? 'asset.replace' : 'asset.choose')}
            </Button>
            {id && (
              <Button variant="subtle" color="red" size="compact-sm" onClick={() => onChange(null)}>
                {t('remove')}
              </Button>
            )}
          </Group>
        )}
      </Group>
      <AssetDialog
        opened={open}
        onClose={() => setOpen(false)}
        accept={settingsOf<{ media_types: string[] }>(field).media_types}
        onChoose={(asset) => {
          onChange(asset.id);
          setOpen(false);
        }}
      />
    </Framed>
  );
}
