import { Alert, Badge, Button, Code, CopyButton, Group, MultiSelect, Select, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { tokensQuery, type NewToken, type Token } from '../../api/account';
import { api, dataOf } from '../../api/client';
import { rolesQuery } from '../../api/people';
import { useRights } from '../../api/session';
import { ProblemAlert } from '../../components/Problem';
import { useAttempt } from '../../components/useAttempt';
import { useActorName } from '../../components/useActorName';
import { written } from '../../fields/written';
import { useI18n } from '../../i18n/i18n';
import { Section } from './Section';

const day = 24 * 3600 * 1000;
const lifetimes = ['30', '90', '365', 'never'] as const;

/** Secrets for programs, which act with at most one's own rights. */
export function TokensCard({ roles, user }: { roles: string[]; user: string }) {
  const { t } = useI18n();
  const list = useQuery(tokensQuery);
  const [made, setMade] = useState<NewToken | null>(null);
  const [making, setMaking] = useState(false);
  const tokens = [...(list.data ?? [])].sort((a, b) => Number(Boolean(a.revoked_at)) - Number(Boolean(b.revoked_at)) || b.created_at.localeCompare(a.created_at));
  return (
    <Section title={t('tokens')} help={t('tokens.help')}>
      <Stack gap="sm">
        {list.error && <ProblemAlert error={list.error} onRetry={() => void list.refetch()} />}
        {made && <Secret token={made} onDone={() => setMade(null)} />}
        {!list.data && !list.error && <Skeleton h={60} />}
        {list.data?.length === 0 && <Text size="sm" c="dimmed">{t('tokens.none')}</Text>}
        {tokens.map((token) => <Line key={token.id} token={token} own={token.user === user} />)}
        {making ? (
          <Make
            roles={roles}
            onCancel={() => setMaking(false)}
            onMade={(token) => {
              setMade(token);
              setMaking(false);
            }}
          />
        ) : (
          <Group justify="flex-end"><Button variant="light" onClick={() => setMaking(true)}>{t('tokens.new')}</Button></Group>
        )}
      </Stack>
    </Section>
  );
}

function Line({ token, own }: { token: Token; own: boolean }) {
  const { t, date } = useI18n();
  const cache = useQueryClient();
  const who = useActorName();
  const [sure, setSure] = useState(false);
  const { busy, wrong, attempt } = useAttempt();
  const over = token.expires_at !== undefined && new Date(token.expires_at) < new Date();
  const revoke = () =>
    attempt(async () => {
      await api.DELETE('/tokens/{token}', { params: { path: { token: token.id } } });
      await cache.invalidateQueries({ queryKey: ['tokens'] });
    });
  const facts = [
    t('tokens.made', { at: date(token.created_at) }),
    token.expires_at ? t('tokens.until', { at: date(token.expires_at) }) : t('tokens.no_end'),
    token.roles && token.roles.length > 0 && t('tokens.only', { roles: token.roles.join(', ') }),
    !own && who({ kind: 'user', id: token.user }),
  ].filter(Boolean);
  return (
    <div data-token={token.id}>
      {wrong && <ProblemAlert error={wrong} />}
      <Group justify="space-between" wrap="nowrap">
        <div style={{ minWidth: 0 }}>
          <Group gap="xs">
            <Text size="sm" fw={600} dir="auto">{token.name}</Text>
            <Code dir="ltr">{token.prefix}…</Code>
            {token.revoked_at ? <Badge color="red.8" variant="outline" className="status">{t('tokens.revoked')}</Badge> : over && <Badge color="gray.7" variant="outline" className="status">{t('tokens.over')}</Badge>}
          </Group>
          <Text size="xs" c="dimmed">{facts.join(' · ')}</Text>
        </div>
        {!token.revoked_at && (
          <Button size="compact-sm" variant={sure ? 'filled' : 'subtle'} color="red" loading={busy} aria-label={t('tokens.revoke_of', { name: token.name })} onClick={() => (sure ? void revoke() : setSure(true))}>
            {t(sure ? 'tokens.revoke_sure' : 'tokens.revoke')}
          </Button>
        )}
      </Group>
    </div>
  );
}

function Make({ roles, onMade, onCancel }: { roles: string[]; onMade(token: NewToken): void; onCancel(): void }) {
  const { t, pick } = useI18n();
  const cache = useQueryClient();
  const known = useQuery({ ...rolesQuery, enabled: useRights().may('manage', '@roles') }).data ?? [];
  const [name, setName] = useState('');
  const [held, setHeld] = useState<string[]>([]);
  const [lasts, setLasts] = useState<string>('90');
  const { busy, wrong, attempt, at } = useAttempt();
  const make = () =>
    attempt(async () => {
      const expires_at = lasts === 'never' ? undefined : new Date(Date.now() + Number(lasts) * day).toISOString();
      const answer = await api.POST('/tokens', { body: { name, roles: held, expires_at } as never });
      await cache.invalidateQueries({ queryKey: ['tokens'] });
      onMade(dataOf(answer as { data?: { data: NewToken } }));
    });
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        void make();
      }}
    >
      <Stack gap="xs" className="card">
        {wrong && !at('/name') && <ProblemAlert error={wrong} />}
        <TextInput label={t('tokens.name')} description={t('tokens.name_help')} required {...written('auto')} value={name} error={at('/name')} onChange={(e) => setName(e.currentTarget.value)} data-autofocus />
        <MultiSelect
          label={t('tokens.roles')} description={t('tokens.roles_help')} value={held} onChange={setHeld} clearButtonProps={{ 'aria-label': t('clear') }}
          data={roles.map((r) => ({ value: r, label: pick(known.find((k) => k.id === r)?.label, r) }))}
        />
        <Select label={t('tokens.lasts')} allowDeselect={false} value={lasts} onChange={(v) => v && setLasts(v)} data={lifetimes.map((v) => ({ value: v, label: v === 'never' ? t('tokens.no_end') : t('tokens.days', { n: Number(v) }) }))} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onCancel}>{t('cancel')}</Button>
          <Button type="submit" loading={busy}>{t('tokens.make')}</Button>
        </Group>
      </Stack>
    </form>
  );
}

function Secret({ token, onDone }: { token: NewToken; onDone(): void }) {
  const { t } = useI18n();
  return (
    <Alert color="blue" title={t('tokens.secret', { name: token.name })} role="status">
      <Stack gap="xs">
        <Text size="sm">{t('tokens.secret_help')}</Text>
        <Code block dir="ltr" data-secret style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>{token.secret}</Code>
        <Group justify="flex-end" gap="xs">
          <CopyButton value={token.secret}>{({ copied, copy }) => <Button size="compact-sm" variant="default" onClick={copy}>{t(copied ? 'copied' : 'copy')}</Button>}</CopyButton>
          <Button size="compact-sm" onClick={onDone}>{t('tokens.secret_kept')}</Button>
        </Group>
      </Stack>
    </Alert>
  );
}
