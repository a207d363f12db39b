import { ActionIcon, Box, Button, Group, Indicator, Paper, Popover, Stack, Text, Textarea } from '@mantine/core';
import { IconCheck, IconMessage, IconMessagePlus } from '@tabler/icons-react';
import { useState } from 'react';
import { actOnEntry } from '../../../api/entries';
import { asProblem } from '../../../api/problem';
import type { Collection, Field, FieldComment } from '../../../api/types';
import { useActorName } from '../../../components/useActorName';
import { written as writtenAs } from '../../../fields/written';
import { useI18n } from '../../../i18n/i18n';
import type { Writing, Written } from '../writing';

interface Props {
  collection: Collection;
  writing: Writing;
  written: Written;
  locale: string;
  field: Field;
}

/** What is said of a field, and the place to say something. */
export function Comments({ field, ...rest }: Props) {
  const { t, pick } = useI18n();
  const [open, setOpen] = useState(false);
  const name = pick(field.label, field.name);
  const comments = (rest.written.states[rest.locale]?.comments ?? []).filter((c) => c.field === field.name);
  const n = comments.length;
  return (
    <Popover opened={open} onChange={setOpen} width={340} position="bottom-end" trapFocus withArrow shadow="md">
      <Indicator label={n} size={16} disabled={n === 0} color="orange.9" className="comment-sign">
        <Popover.Target>
          <ActionIcon variant="subtle" color={n > 0 ? 'orange.9' : 'gray'} aria-label={n > 0 ? t('comments.of', { name, n }) : t('comments.add', { name })} onClick={() => setOpen(!open)}>
            {n > 0 ? <IconMessage size={16} /> : <IconMessagePlus size={16} />}
          </ActionIcon>
        </Popover.Target>
      </Indicator>
      <Popover.Dropdown aria-label={t('comments.of', { name, n })}>
        {open && <Talk {...rest} field={field} comments={comments} />}
      </Popover.Dropdown>
    </Popover>
  );
}

function Talk({ collection, writing, written, locale, field, comments }: Props & { comments: FieldComment[] }) {
  const { t, date } = useI18n();
  const who = useActorName();
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState('');
  const attempt = async (act: 'comment' | 'settle', body: Record<string, unknown>) => {
    setBusy(true);
    setWrong('');
    try {
      await actOnEntry(collection.name, written.id as string, act, { locale, ...body });
      await writing.reread();
      setText('');
    } catch (error) {
      setWrong(asProblem(error).message || t('offline'));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Stack gap="sm">
      {comments.map((c) => (
        <Paper key={c.id} withBorder p="xs">
          <Group justify="space-between" wrap="nowrap" align="start">
            <Box style={{ minWidth: 0 }}>
              <Text size="xs" c="dimmed">{who(c.by)} · {date(c.at, true)}</Text>
              <Text size="sm" dir="auto" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>{c.text}</Text>
            </Box>
            <ActionIcon variant="subtle" loading={busy} aria-label={t('comments.settle')} title={t('comments.settle')} onClick={() => void attempt('settle', { comment: c.id })}><IconCheck size={16} /></ActionIcon>
          </Group>
        </Paper>
      ))}
      {wrong && <Text size="sm" c="red.8" role="alert">{wrong}</Text>}
      <Textarea label={t('comments.text')} autosize minRows={2} maxLength={2000} data-autofocus {...writtenAs('auto')} value={text} onChange={(e) => setText(e.currentTarget.value)} />
      <Group justify="end"><Button size="compact-sm" loading={busy} disabled={!text.trim()} onClick={() => void attempt('comment', { field: field.name, text })}>{t('comments.send')}</Button></Group>
    </Stack>
  );
}
