import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client';
import { ProblemAlert } from '../../components/Problem';
import { useAttempt } from '../../components/useAttempt';
import { written } from '../../fields/written';
import { useI18n } from '../../i18n/i18n';
import { Section } from './Section';

export function ProfileCard({ name: known, email }: { name: string; email: string }) {
  const { t, about } = useI18n();
  const cache = useQueryClient();
  const [name, setName] = useState(known);
  const { busy, wrong, attempt } = useAttempt();
  const save = async () => {
    if (!(await attempt(() => api.PATCH('/me', { body: { name } })))) return;
    await cache.invalidateQueries({ queryKey: ['me'] });
    notifications.show({ message: t('saved') });
  };
  return (
    <Section title={t('account.profile')}>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          void save();
        }}
      >
        <Stack gap="sm">
          {wrong && <ProblemAlert error={wrong} />}
          <TextInput label={t('people.name')} required autoComplete="name" {...written('auto')} value={name} onChange={(e) => setName(e.currentTarget.value)} />
          <Text size="sm" c="dimmed">{about(t('session.email'), '')}<bdi>{email}</bdi></Text>
          <Group justify="flex-end"><Button type="submit" variant="light" loading={busy} disabled={name === known}>{t('save')}</Button></Group>
        </Stack>
      </form>
    </Section>
  );
}
