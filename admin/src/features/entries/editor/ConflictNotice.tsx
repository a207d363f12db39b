import { Alert, Button, Group, Modal, Radio, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { IconGitMerge } from '@tabler/icons-react';
import { useState } from 'react';
import { directionOf, useI18n } from '../../../i18n/i18n';
import type { Clash, Writing, Written } from '../writing';
import { Difference } from './Difference';

const keyOf = (c: Clash) => `${c.locale}.${c.field.id}`;

/** Says that somebody else changed the same fields, and lets the writer choose field by field. */
export function ConflictNotice({ writing, written }: { writing: Writing; written: Written }) {
  const { t, date } = useI18n();
  const [open, setOpen] = useState(false);
  const { conflict } = written;
  if (!conflict) return null;
  return (
    <Alert color="orange" icon={<IconGitMerge />} mb="md" role="alert" title={t('conflict')}>
      <Group justify="space-between">
        <Text size="sm">{t('conflict.help', { n: conflict.clashes.length, at: date(conflict.at, true) })}</Text>
        <Button size="compact-sm" onClick={() => setOpen(true)}>{t('conflict.settle')}</Button>
      </Group>
      <Merge opened={open} onClose={() => setOpen(false)} writing={writing} clashes={conflict.clashes} />
    </Alert>
  );
}

interface MergeProps {
  opened: boolean;
  onClose(): void;
  writing: Writing;
  clashes: Clash[];
}

function Merge({ opened, onClose, writing, clashes }: MergeProps) {
  const { t, pick, languageName } = useI18n();
  const [theirs, setTheirs] = useState<Set<string>>(new Set());
  const [busy, setBusy] = useState(false);
  const choose = (key: string, side: string) => {
    const next = new Set(theirs);
    if (side === 'theirs') next.add(key);
    else next.delete(key);
    setTheirs(next);
  };
  const settle = async () => {
    setBusy(true);
    await writing.settle((c) => !theirs.has(keyOf(c)));
    setBusy(false);
    onClose();
  };
  return (
    <Modal opened={opened} onClose={onClose} size="xl" title={t('conflict.settle')} closeButtonProps={{ 'aria-label': t('close') }}>
      <Stack gap="xl">
        {clashes.map((c) => {
          const key = keyOf(c);
          const name = pick(c.field.label, c.field.name);
          return (
            <section key={key} aria-label={name}>
              <Title order={3} size="h5">{name}{c.field.localized && ` (${languageName(c.locale)})`}</Title>
              <Radio.Group value={theirs.has(key) ? 'theirs' : 'mine'} onChange={(side) => choose(key, side)} aria-label={name} mt="xs">
                <SimpleGrid cols={{ base: 1, sm: 2 }}>
                  <Radio.Card value="mine" p="sm" radius="md" aria-label={t('conflict.mine')}>
                    <Group mb="xs"><Radio.Indicator /><Text fw={600} size="sm">{t('conflict.mine')}</Text></Group>
                    <Difference field={c.field} from={c.theirs} to={c.mine} dir={directionOf(c.locale)} side="to" />
                  </Radio.Card>
                  <Radio.Card value="theirs" p="sm" radius="md" aria-label={t('conflict.theirs')}>
                    <Group mb="xs"><Radio.Indicator /><Text fw={600} size="sm">{t('conflict.theirs')}</Text></Group>
                    <Difference field={c.field} from={c.mine} to={c.theirs} dir={directionOf(c.locale)} side="to" />
                  </Radio.Card>
                </SimpleGrid>
              </Radio.Group>
            </section>
          );
        })}
        <Group justify="end">
          <Button variant="default" onClick={onClose}>{t('cancel')}</Button>
          <Button loading={busy} onClick={() => void settle()}>{t('conflict.save')}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
