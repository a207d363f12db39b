import { Badge, Button, Group, Select, Skeleton, Table, Text, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { infiniteQueryOptions, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { api, dataOf } from '../../api/client';
import { useCollections } from '../../api/collections';
import { rolesQuery, usersQuery } from '../../api/people';
import { useRights } from '../../api/session';
import { useTitles, type Title } from '../../api/titles';
import type { Actor } from '../../api/types';
import type { components } from '../../api/schema';
import { PageHead } from '../../components/Page';
import { ProblemAlert } from '../../components/Problem';
import { useActorName } from '../../components/useActorName';
import { useI18n } from '../../i18n/i18n';
import { actions } from './actions';

/** What of the trail is looked at; the address says it. */
export interface AuditSearch {
  actor?: string;
  action?: string;
  subject?: string;
}

const page = 50;

type Commit = components['schemas']['auditinfo'];

const auditQuery = (filter: AuditSearch) =>
  infiniteQueryOptions({
    queryKey: ['audit', filter],
    initialPageParam: '',
    queryFn: async ({ pageParam }) => {
      const answer = await api.GET('/audit', { params: { query: { ...filter, 'page[size]': page, 'page[after]': pageParam } } });
      const next = answer.data?.links?.next;
      return { commits: dataOf(answer) ?? [], next: next ? new URL(next, window.location.origin).searchParams.get('page[after]') : null };
    },
    getNextPageParam: (last) => last.next,
  });

/** Who did what, the newest first. */
export function AuditScreen() {
  const { t, date, named, speech } = useI18n();
  const go = useNavigate();
  const who = useActorName();
  const search = useSearch({ from: '/audit' });
  const change = (next: AuditSearch) => void go({ to: '/audit', search: { ...search, ...next }, replace: true });
  const users = useQuery({ ...usersQuery, enabled: useRights().may('manage', '@users') }).data ?? [];
  const nameOf = useSubjects();
  const list = useInfiniteQuery(auditQuery(search));
  const commits = (list.data?.pages ?? []).flatMap((p) => p.commits);
  const subjects = commits.flatMap((c) => (/^(entry|edition)\./.test(c.action ?? '') && c.subject ? [c.subject] : []));
  const there = useTitles(null, subjects, speech);
  const trashed = useTitles(null, there.size > 0 || list.isSuccess ? subjects.filter((id) => !there.has(id)) : [], speech, true);
  const about = (c: Commit) => <About subject={c.subject} title={there.get(c.subject ?? '') ?? trashed.get(c.subject ?? '')} name={nameOf(c)} />;
  const shared = { searchable: true, clearable: true, clearButtonProps: { 'aria-label': t('clear') }, nothingFoundMessage: t('nothing_found') };
  return (
    <>
      <PageHead title={t('audit')} />
      <Group mb="md" align="end">
        <Select {...shared} label={t('audit.actor')} data={users.map((u) => ({ value: u.id, label: u.name || u.id }))} value={search.actor ?? null} onChange={(actor) => change({ actor: actor ?? undefined })} />
        <Select {...shared} label={t('audit.action')} data={actions.map((a) => ({ value: a, label: named('action', a) }))} value={search.action ?? null} onChange={(action) => change({ action: action ?? undefined })} />
        <Subject value={search.subject ?? ''} onChange={(subject) => change({ subject: subject || undefined })} />
        {(search.actor || search.action || search.subject) && <Button variant="subtle" onClick={() => void go({ to: '/audit', search: { actor: undefined, action: undefined, subject: undefined } })}>{t('audit.everything')}</Button>}
      </Group>
      {list.error && <ProblemAlert error={list.error} onRetry={() => void list.refetch()} />}
      {!list.data && !list.error && <Skeleton h={200} />}
      {list.isSuccess && commits.length === 0 && <Text c="dimmed">{t('list.empty')}</Text>}
      {commits.length > 0 && (
        <Table aria-label={t('audit')} verticalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t('audit.at')}</Table.Th>
              <Table.Th scope="col">{t('audit.actor')}</Table.Th>
              <Table.Th scope="col">{t('audit.action')}</Table.Th>
              <Table.Th scope="col" visibleFrom="sm">{t('audit.subject')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {commits.map((c, i) => (
              <Table.Tr key={`${c.seq}-${i}`}>
                <Table.Td><Text size="sm" component="time" dateTime={c.at}>{date(c.at, true)}</Text></Table.Td>
                <Table.Td>
                  {who(c.actor as Actor)}
                  {c.actor?.kind === 'system' && c.actor.id && <Badge variant="default" size="sm" className="status" ms={6} visibleFrom="sm">{named('part', c.actor.id)}</Badge>}
                </Table.Td>
                <Table.Td>
                  {named('action', c.action ?? '')}
                  {c.reason && <Text size="xs" c="dimmed" dir="auto">{c.reason}</Text>}
                  <Text size="xs" component="div" hiddenFrom="sm">{about(c)}</Text>
                </Table.Td>
                <Table.Td visibleFrom="sm">{about(c)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {list.hasNextPage && <Group justify="center" mt="md"><Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t('more')}</Button></Group>}
    </>
  );
}

/** Names what an act was about, entries excepted, as far as one may know it. */
function useSubjects(): (c: Commit) => string | undefined {
  const { t, pick } = useI18n();
  const rights = useRights();
  const users = useQuery({ ...usersQuery, enabled: rights.may('manage', '@users') }).data;
  const roles = useQuery({ ...rolesQuery, enabled: rights.may('manage', '@roles') }).data;
  const collections = useCollections();
  return ({ action = '', subject, name, user }) => {
    const person = users?.find((u) => u.id === (user ?? subject))?.name;
    const [noun] = action.split('.');
    if (noun === 'collection') return pick(collections.find((c) => c.id === subject)?.label, subject ?? '');
    if (noun === 'role') return pick(roles?.find((r) => r.id === subject)?.label, subject ?? '');
    return name && person ? t('audit.name_of', { name, person }) : (name ?? person);
  };
}

/** What an act was about, by its name, or the id where none is known; and the way to all that was done to it. */
function About({ subject, title, name }: { subject?: string; title?: Title; name?: string }) {
  const { t } = useI18n();
  if (!subject) return null;
  return (
    <Group gap={6}>
      {title ? (
        <Link to="/c/$collection/$entry" params={{ collection: title.collection, entry: title.id }} className="row-link" dir="auto">{title.title || t('entry.untitled')}</Link>
      ) : (
        <Text size={name ? 'sm' : 'xs'} ff={name ? undefined : 'monospace'} dir="auto" component="span" style={{ overflowWrap: 'anywhere' }}>{name ?? subject}</Text>
      )}
      <Button component={Link} to={`/audit?subject=${encodeURIComponent(subject)}`} variant="subtle" size="compact-xs" aria-label={t('audit.of', { name: title?.title || name || subject })}>{t('audit.activity')}</Button>
    </Group>
  );
}

function Subject({ value, onChange }: { value: string; onChange(subject: string): void }) {
  const { t } = useI18n();
  const [text, setText] = useState(value);
  const settle = useDebouncedCallback((v: string) => onChange(v.trim()), 400);
  useEffect(() => setText(value), [value]);
  return (
    <TextInput
      label={t('audit.subject_id')} dir="ltr" value={text}
      onChange={(e) => {
        setText(e.currentTarget.value);
        settle(e.currentTarget.value);
      }}
    />
  );
}
