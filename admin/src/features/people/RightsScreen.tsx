import { Alert, Anchor, Group, List, Select, Skeleton, Stack, Text } from '@mantine/core';
import { IconCheck, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCollections } from '../../api/collections';
import { explanationQuery, rolesQuery, usersQuery, type Explanation } from '../../api/people';
import type { Collection } from '../../api/types';
import { PageHead } from '../../components/Page';
import { ProblemAlert } from '../../components/Problem';
import { Picker } from '../../fields/relation/Picker';
import { useI18n } from '../../i18n/i18n';
import { PeopleTabs } from './PeopleTabs';
import { otherThings, verbsOn } from './rights';
import { useWords } from './useWords';

/** Whose right is looked at; the address says it. */
export interface RightsSearch {
  user?: string;
  verb?: string;
  on?: string;
  entry?: string;
}

/** Why somebody may do something, or why not. */
export function RightsScreen() {
  const { t, pick } = useI18n();
  const words = useWords();
  const go = useNavigate();
  const asked = useSearch({ from: '/rights' });
  const users = useQuery(usersQuery).data ?? [];
  const collections = useCollections();
  const collection = words.collectionOf(asked.on ?? '');
  const ask = (next: Partial<RightsSearch>) => void go({ to: '/rights', search: { ...asked, ...next }, replace: true });
  const places = [
    { group: t('right.entries'), items: collections.map((c) => ({ value: c.id, label: pick(c.label, c.name) })) },
    { group: t('right.others'), items: otherThings.filter((v) => v !== '@*').map((v) => ({ value: v, label: words.on(v) })) },
  ];
  const complete = asked.user && asked.on && asked.verb && verbsOn(asked.on).includes(asked.verb);
  return (
    <>
      <PageHead title={t('rights')} />
      <PeopleTabs here="rights" />
      <Text size="sm" c="dimmed" mb="md">{t('rights.help')}</Text>
      <Group align="end" mb="md">
        <Select label={t('audit.actor')} data={users.filter((u) => !u.disabled).map((u) => ({ value: u.id, label: u.name || u.email }))} value={asked.user ?? null} onChange={(user) => ask({ user: user ?? undefined })} searchable nothingFoundMessage={t('nothing_found')} />
        <Select label={t('right.where')} data={places} value={asked.on ?? null} onChange={(on) => ask({ on: on ?? undefined, entry: undefined })} searchable nothingFoundMessage={t('nothing_found')} />
        <Select label={t('right.what')} data={verbsOn(asked.on ?? '*').map((v) => ({ value: v, label: words.verb(v) }))} value={asked.verb ?? null} onChange={(verb) => ask({ verb: verb ?? undefined })} />
        {collection && <Entry collection={collection} entry={asked.entry} onChange={(entry) => ask({ entry })} />}
      </Group>
      {complete && <Answer key={JSON.stringify(asked)} user={asked.user as string} verb={asked.verb as string} on={asked.on as string} entry={asked.entry ?? ''} />}
    </>
  );
}

function Entry({ collection, entry, onChange }: { collection: Collection; entry?: string; onChange(entry: string | undefined): void }) {
  const { t } = useI18n();
  const frame = { id: 'rights-entry', label: t('rights.entry'), withAsterisk: false, readOnly: false };
  return <Picker frame={frame} targets={{ collections: [collection], many: false }} ids={entry ? [entry] : []} onChange={(ids) => onChange(ids[0])} />;
}

function Answer({ user, verb, on, entry }: { user: string; verb: string; on: string; entry: string }) {
  const { data, error } = useQuery(explanationQuery(user, verb, on, entry));
  if (error) return <ProblemAlert error={error} />;
  return data ? <Told answer={data} /> : <Skeleton h={120} />;
}

function Told({ answer }: { answer: Explanation }) {
  const { t, pick, named, list } = useI18n();
  const words = useWords();
  const roles = useQuery(rolesQuery).data ?? [];
  const name = (id: string) => pick(roles.find((r) => r.id === id)?.label, id);
  return (
    <Alert color={answer.allowed ? 'recueil' : 'red'} icon={answer.allowed ? <IconCheck /> : <IconX />} title={t(answer.allowed ? 'rights.yes' : 'rights.no')} role="status">
      <Stack gap="xs">
        <Text size="sm">{t('rights.roles', { roles: list(answer.roles.map(name)) })}</Text>
        {answer.waiting && answer.waiting.length > 0 && <Text size="sm">{t('rights.waiting', { roles: list(answer.waiting.map(name)) })}</Text>}
        {answer.reasons.length === 0 && <Text size="sm">{t('rights.silent')}</Text>}
        <List size="sm">
          {answer.reasons.map((r, i) => {
            const grant = roles.find((role) => role.id === r.role)?.grants[r.grant];
            return (
              <List.Item key={i}>
                <Anchor component={Link} to={`/roles/${r.role}`} size="sm">{name(r.role)}</Anchor>
                {grant && ` (${words.sentence(grant)})`} – {named('verdict', r.verdict)}
                {r.fields && r.fields.length > 0 && ` ${list(r.fields)}`}
              </List.Item>
            );
          })}
        </List>
      </Stack>
    </Alert>
  );
}
