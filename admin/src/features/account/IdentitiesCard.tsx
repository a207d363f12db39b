import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { identitiesQuery } from '../../api/account';
import { api, dataOf } from '../../api/client';
import { waysQuery } from '../../api/session';
import { ProblemAlert } from '../../components/Problem';
import { useAttempt } from '../../components/useAttempt';
import { useI18n } from '../../i18n/i18n';
import { Section } from './Section';

/** The account elsewhere with which one may sign in, where the site knows of one. */
export function IdentitiesCard() {
  const { t, date } = useI18n();
  const cache = useQueryClient();
  const name = useQuery(waysQuery).data?.elsewhere;
  const list = useQuery({ ...identitiesQuery, enabled: Boolean(name) });
  const { busy, wrong, attempt } = useAttempt();
  if (!name) return null;
  const connect = () =>
    attempt(async () => {
      const { url } = dataOf(await api.POST('/me/identities')) as { url: string };
      window.location.assign(url);
    });
  const disconnect = (identity: string) =>
    attempt(async () => {
      await api.DELETE('/me/identities/{identity}', { params: { path: { identity } } });
      await cache.invalidateQueries({ queryKey: ['me', 'identities'] });
    });
  return (
    <Section title={t('identities')} help={t('identities.help', { name })}>
      <Stack gap="xs">
        {(wrong ?? list.error) && <ProblemAlert error={wrong ?? list.error} />}
        {list.data?.map((i) => (
          <Group key={i.id} justify="space-between" wrap="nowrap" data-identity={i.id}>
            <div>
              <Text size="sm" fw={600}>{name}</Text>
              <Text size="xs" c="dimmed">{t('sessions.since', { at: date(i.created_at, true) })}</Text>
            </div>
            <Button size="compact-sm" variant="subtle" color="red" disabled={busy} aria-label={t('identities.end_of', { name })} onClick={() => void disconnect(i.id)}>{t('identities.end')}</Button>
          </Group>
        ))}
        {list.data?.length === 0 && <Group><Button variant="light" loading={busy} onClick={() => void connect()}>{t('identities.connect', { name })}</Button></Group>}
      </Stack>
    </Section>
  );
}
