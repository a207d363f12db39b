import { ActionIcon, Alert, Box, Group, Paper, Progress, Stack, Text } from '@mantine/core';
import { IconCheck, IconPlayerPause, IconPlayerPlay, IconX } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { cancelUpload, dismissUpload, loadUploads, pauseUpload, resumeUpload, uploads, type Upload } from '../../api/uploads';
import { useI18n, type Key } from '../../i18n/i18n';
import { useStore } from '../../lib/store';

/** The files on their way in: each can be held, taken up again, also after the window was closed, and given up. */
export function UploadList() {
  const { t } = useI18n();
  const cache = useQueryClient();
  const all = useStore(uploads);
  const done = all.filter((u) => u.state === 'done').length;
  useEffect(() => void loadUploads(), []);
  useEffect(() => {
    if (done > 0) void cache.invalidateQueries({ queryKey: ['assets'] });
  }, [done, cache]);
  if (all.length === 0) return null;
  return (
    <Stack gap="xs" mb="md" role="list" aria-label={t('uploads')}>
      {all.map((u) => <One key={u.key} upload={u} />)}
    </Stack>
  );
}

function One({ upload }: { upload: Upload }) {
  const { t, number } = useI18n();
  const { key, name, size, sent, state } = upload;
  if (state === 'failed') {
    return (
      <Alert color="red" role="listitem" withCloseButton closeButtonLabel={t('close')} onClose={() => void cancelUpload(key)}>
        <Text size="sm" dir="auto">{name}</Text>
        <Text size="sm">{upload.wrong || t('offline')}</Text>
      </Alert>
    );
  }
  const part = size > 0 ? (100 * sent) / size : 100;
  const mib = (n: number) => number(Math.round((n / (1 << 20)) * 10) / 10);
  return (
    <Paper withBorder p="xs" role="listitem" data-upload={state}>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Box style={{ minWidth: 0, flex: 1 }}>
          <Text size="sm" truncate dir="auto">{name}</Text>
          <Text size="xs" c="dimmed" role="status">{t(`upload.${state}` as Key, { sent: mib(sent), size: mib(size) })}</Text>
        </Box>
        {state === 'done' ? (
          <ActionIcon variant="subtle" aria-label={t('upload.dismiss', { name })} onClick={() => dismissUpload(key)}><IconCheck size={18} /></ActionIcon>
        ) : (
          <Group gap={4} wrap="nowrap">
            {state === 'paused' ? (
              <ActionIcon variant="default" aria-label={t('upload.resume', { name })} onClick={() => void resumeUpload(key)}><IconPlayerPlay size={18} /></ActionIcon>
            ) : (
              <ActionIcon variant="default" aria-label={t('upload.pause', { name })} disabled={state === 'finishing'} onClick={() => void pauseUpload(key)}><IconPlayerPause size={18} /></ActionIcon>
            )}
            <ActionIcon variant="default" aria-label={t('upload.cancel', { name })} onClick={() => void cancelUpload(key)}><IconX size={18} /></ActionIcon>
          </Group>
        )}
      </Group>
      {state !== 'done' && <Progress mt={4} value={part} color={state === 'paused' ? 'gray' : undefined} aria-label={t('upload.progress', { name })} />}
    </Paper>
  );
}
