import { ActionIcon, Alert, Button, Card, Group, Progress, Select, SegmentedControl, SimpleGrid, Skeleton, Stack, Table, Text, Title, Tooltip } from '@mantine/core';
import { IconPin, IconArrowsLeftRight, IconRefresh } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useCollections } from '../../api/collections';
import { createEntry } from '../../api/entries';
import { asProblem } from '../../api/problem';
import { indexQuery, reindex, statisticsQuery, type Order, type Query, type Week } from '../../api/searchdesk';
import { useRights } from '../../api/session';
import { PageHead } from '../../components/Page';
import { ProblemAlert } from '../../components/Problem';
import { directionOf, useI18n, type Key } from '../../i18n/i18n';
import { weeksAgo } from '../../lib/weeks';

/** What people search for and do not find, and what an editor can do about it. */
export function SearchDeskScreen() {
  const { t } = useI18n();
  return (
    <>
      <PageHead title={t('desk')} />
      <Stack gap="xl">
        <Tools />
        <Statistics />
        <Index />
      </Stack>
    </>
  );
}

// The collections that steer the search, each a list like any other.
const tools: { name: string; help: Key }[] = [
  { name: 'pins', help: 'desk.pins_help' },
  { name: 'synonyms', help: 'desk.synonyms_help' },
  { name: 'search_settings', help: 'desk.settings_help' },
];

function Tools() {
  const { t, pick } = useI18n();
  const collections = useCollections();
  return (
    <SimpleGrid cols={{ base: 1, sm: 3 }}>
      {tools.map(({ name, help }) => {
        const c = collections.find((one) => one.name === name);
        return c && (
          <Card key={name} withBorder component={Link} to={`/c/${name}`} className="card">
            <Text fw={600}>{pick(c.label, name)}</Text>
            <Text size="sm" c="dimmed">{t(help)}</Text>
          </Card>
        );
      })}
    </SimpleGrid>
  );
}

const spans = ['0', '3', '11', '51'] as const;
const orders: Order[] = ['searches', 'empty', 'corrected', 'clicks'];

function Statistics() {
  const { t, number } = useI18n();
  const [span, setSpan] = useState<string>('3');
  const [order, setOrder] = useState<Order>('empty');
  const now = new Date();
  const { data, error, refetch } = useQuery(statisticsQuery(weeksAgo(Number(span), now), weeksAgo(0, now), order));
  return (
    <section aria-label={t('desk.queries')}>
      <Group justify="space-between" align="end" mb="sm">
        <Title order={2} size="h3">{t('desk.queries')}</Title>
        <Select label={t('desk.span')} data={spans.map((s) => ({ value: s, label: t('desk.weeks', { n: Number(s) + 1 }) }))} value={span} allowDeselect={false} onChange={(s) => s && setSpan(s)} />
      </Group>
      {error && <ProblemAlert error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton h={160} />}
      {data && (
        <Stack>
          <Weeks weeks={data.weeks} />
          <SegmentedControl aria-label={t('desk.order')} value={order} onChange={(o) => setOrder(o as Order)} data={orders.map((o) => ({ value: o, label: t(`desk.${o}` as Key) }))} style={{ alignSelf: 'flex-start', maxWidth: '100%', overflowX: 'auto' }} />
          {data.queries.length === 0 ? <Text c="dimmed">{t('desk.none')}</Text> : <Queries queries={data.queries} />}
          <Text size="xs" c="dimmed">{t('desk.privacy', { n: number(data.threshold) })}</Text>
        </Stack>
      )}
    </section>
  );
}

function Weeks({ weeks }: { weeks: Week[] }) {
  const { t, number } = useI18n();
  const byWeek = new Map<string, Week>();
  for (const w of weeks) {
    const sum = byWeek.get(w.week);
    byWeek.set(w.week, sum ? { ...sum, searches: sum.searches + w.searches, empty: sum.empty + w.empty, corrected: sum.corrected + w.corrected, clicks: sum.clicks + w.clicks } : w);
  }
  const rows = [...byWeek.values()].sort((a, b) => b.week.localeCompare(a.week)).slice(0, 12);
  if (rows.length === 0) return null;
  const share = (part: number, whole: number) => (whole > 0 ? `${Math.round((100 * part) / whole)} %` : '–');
  return (
    <Table.ScrollContainer minWidth={420} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table aria-label={t('desk.by_week')}>
        <Table.Thead>
          <Table.Tr><Table.Th scope="col">{t('desk.week')}</Table.Th><Table.Th scope="col">{t('desk.searches')}</Table.Th><Table.Th scope="col">{t('desk.empty')}</Table.Th><Table.Th scope="col">{t('desk.clicked')}</Table.Th></Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((w) => (
            <Table.Tr key={w.week}>
              <Table.Td dir="ltr" ta="start">{w.week}</Table.Td><Table.Td>{number(w.searches)}</Table.Td><Table.Td>{number(w.empty)} ({share(w.empty, w.searches)})</Table.Td><Table.Td>{share(w.clicks, w.searches)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Queries({ queries }: { queries: Query[] }) {
  const { t, number, languageName, about } = useI18n();
  const rights = useRights();
  const go = useNavigate();
  const [wrong, setWrong] = useState('');
  // What is made is a draft that opens in the editor: nothing changes until it is published.
  const make = async (collection: 'pins' | 'synonyms', q: Query) => {
    setWrong('');
    try {
      const { entry } = await createEntry(collection, { [q.locale]: { [collection === 'pins' ? 'words' : 'word']: q.query } });
      await go({ to: '/c/$collection/$entry', params: { collection, entry: entry.id } });
    } catch (error) {
      setWrong(asProblem(error).message || t('offline'));
    }
  };
  return (
    <>
      {wrong && <Alert color="red" role="alert">{wrong}</Alert>}
      <Table.ScrollContainer minWidth={560} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table aria-label={t('desk.queries')}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t('desk.query')}</Table.Th><Table.Th scope="col">{t('desk.searches')}</Table.Th><Table.Th scope="col">{t('desk.empty')}</Table.Th><Table.Th scope="col">{t('desk.clicks')}</Table.Th><Table.Th scope="col">{t('acts.column')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {queries.map((q) => (
              <Table.Tr key={`${q.locale} ${q.query}`}>
                <Table.Td><Text size="sm" fw={600} dir={directionOf(q.locale)} lang={q.locale} ta="start">{q.query}</Text><Text size="xs" c="dimmed">{languageName(q.locale)}</Text></Table.Td>
                <Table.Td>{number(q.searches)}</Table.Td><Table.Td>{number(q.empty)}</Table.Td><Table.Td>{number(q.clicks)}</Table.Td>
                <Table.Td>
                  <Group gap={4} wrap="nowrap">
                    {rights.may('create', 'pins') && <Tooltip label={t('desk.pin')}><ActionIcon variant="default" aria-label={about(t('desk.pin'), q.query)} onClick={() => void make('pins', q)}><IconPin size={16} /></ActionIcon></Tooltip>}
                    {rights.may('create', 'synonyms') && <Tooltip label={t('desk.synonym')}><ActionIcon variant="default" aria-label={about(t('desk.synonym'), q.query)} onClick={() => void make('synonyms', q)}><IconArrowsLeftRight size={16} /></ActionIcon></Tooltip>}
                  </Group>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </>
  );
}

function Index() {
  const { t, number } = useI18n();
  const rights = useRights();
  const cache = useQueryClient();
  const { data, error } = useQuery(indexQuery);
  const [wrong, setWrong] = useState<unknown>(null);
  const start = async () => {
    setWrong(null);
    try {
      cache.setQueryData(indexQuery.queryKey, await reindex());
    } catch (e) {
      setWrong(e);
    }
  };
  const part = data?.building && data.total ? (100 * (data.done ?? 0)) / data.total : 0;
  return (
    <section aria-label={t('desk.index')}>
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h3">{t('desk.index')}</Title>
        {rights.may('manage', '@search') && <Button variant="default" leftSection={<IconRefresh size={16} />} disabled={!data || data.building} onClick={() => void start()}>{t('desk.reindex')}</Button>}
      </Group>
      {(error ?? wrong) != null && <ProblemAlert error={error ?? wrong} />}
      {data && (
        <div role="status" data-building={data.building}>
          {data.building ? (
            <>
              <Text size="sm" mb={4}>{t('desk.building', { done: data.done ?? 0, total: data.total ?? 0 })}</Text>
              <Progress value={part} animated aria-label={t('desk.reindex')} />
            </>
          ) : (
            <Text size="sm" c="dimmed">{t('desk.ready', { size: number(Math.ceil(data.bytes / 1024)), n: data.lag })}</Text>
          )}
        </div>
      )}
    </section>
  );
}
