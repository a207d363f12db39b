import { Badge, Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { sessionsQuery } from '../../api/account';
import { api } from '../../api/client';
import { ProblemAlert } from '../../components/Problem';
import { useAttempt } from '../../components/useAttempt';
import { useI18n } from '../../i18n/i18n';
import { Section } from './Section';

/** Where one is signed in, and the end of it. */
export function SessionsCard() {
  const { t, date } = useI18n();
  const cache = useQueryClient();
  const list = useQuery(sessionsQuery);
  const { busy, wrong, attempt } = useAttempt();
  const all = [...(list.data ?? [])].reverse();
  const others = all.filter((s) => !s.current);
  const end = (ids: string[]) =>
    attempt(async () => {
      for (const session of ids) await api.DELETE('/me/sessions/{session}', { params: { path: { session } } });
      await cache.invalidateQueries({ queryKey: ['me', 'sessions'] });
    });
  return (
    <Section title={t('sessions')} help={t('sessions.help')}>
      <Stack gap="xs">
        {wrong && <ProblemAlert error={wrong} />}
        {list.error && <ProblemAlert error={list.error} onRetry={() => void list.refetch()} />}
        {!list.data && !list.error && <Skeleton h={80} />}
        {all.map((s) => (
          <Group key={s.id} justify="space-between" wrap="nowrap" data-session={s.id}>
            <div>
              <Group gap="xs">
                <Text size="sm" fw={600} dir="auto">{s.agent || t('sessions.unknown')}</Text>
                {s.current && <Badge variant="outline" className="status">{t('sessions.this')}</Badge>}
              </Group>
              <Text size="xs" c="dimmed">{t('sessions.since', { at: date(s.created_at, true) })}</Text>
            </div>
            {!s.current && <Button size="compact-sm" variant="subtle" color="red" disabled={busy} aria-label={t('sessions.end_of', { name: `${s.agent}, ${date(s.created_at, true)}` })} onClick={() => void end([s.id])}>{t('sessions.end')}</Button>}
          </Group>
        ))}
        {others.length > 1 && <Group justify="flex-end"><Button size="compact-sm" variant="light" color="red" loading={busy} onClick={() => void end(others.map((s) => s.id))}>{t('sessions.end_others')}</Button></Group>}
      </Stack>
    </Section>
  );
}
