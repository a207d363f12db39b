import { Button, Group, SimpleGrid } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { useCollections } from '../../api/collections';
import { listAcross } from '../../api/entries';
import { usePlaces } from '../../api/places';
import { useMe, useRights } from '../../api/session';
import { PageHead } from '../../components/Page';
import { StatusBadge } from '../../components/StatusBadge';
import { useI18n, type Key } from '../../i18n/i18n';
import { BrokenLinks } from './BrokenLinks';
import { EmptySearches } from './EmptySearches';
import { Line, Section } from './Section';
import { ReviewCards } from './ReviewCards';

const PlaceCards = lazy(() => import('./PlaceCards').then((m) => ({ default: m.PlaceCards })));

/** One list of the home screen: what it asks of every collection. */
interface Panel {
  name: string;
  title: Key;
  empty: Key;
  verb: string;
  /** Only in this collection. */
  within?: string;
  filter(user: string): Record<string, unknown>;
}

const panels: Panel[] = [
  {
    name: 'mine', title: 'home.mine', empty: 'home.mine.empty', verb: 'update',
    filter: (user) => ({ _and: [{ updated_by: { _eq: user } }, { status: { _in: ['draft', 'changed'] } }] }),
  },
  {
    name: 'scheduled', title: 'home.scheduled', empty: 'home.scheduled.empty', verb: 'publish',
    filter: () => ({ status: { _eq: 'scheduled' } }),
  },
  {
    name: 'unpublished', title: 'home.unpublished', empty: 'home.unpublished.empty', verb: 'read_draft',
    filter: (user) => ({ _and: [{ updated_by: { _neq: user } }, { status: { _in: ['draft', 'changed'] } }] }),
  },
];

const shown = 8;

/** What needs somebody today, and what they can begin. */
export function HomeScreen() {
  const { t, pick } = useI18n();
  const me = useMe();
  const rights = useRights();
  const collections = useCollections().filter((c) => !c.singleton);
  const creatable = collections.filter((c) => rights.may('create', c.name) && c.path).slice(0, 6);
  const profiles = collections.find((c) => c.name === 'associations' && rights.may('update', c.name) && c.fields.some((f) => f.name === 'next_check_on'));
  const cards = usePlaces().cards.length > 0;
  const user = me?.user?.id;
  return (
    <>
      <PageHead title={t('home.hello', { name: me?.user?.name ?? '' })} />
      {creatable.length > 0 && (
        <Group mb="lg" gap="xs" role="group" aria-label={t('home.create')}>
          {creatable.map((c) => (
            <Button key={c.id} component={Link} to={`/c/${c.name}/new`} variant="light" size="compact-sm" leftSection={<IconPlus size={14} />}>
              {pick(c.label_one, c.name)}
            </Button>
          ))}
        </Group>
      )}
      {user && (
        <SimpleGrid cols={{ base: 1, lg: 2 }}>
          {rights.any('read_draft') && <ReviewCards />}
          {panels.filter((p) => rights.any(p.verb) && rights.any('read_draft')).map((panel) => <PanelCard key={panel.name} panel={panel} user={user} />)}
          {profiles && <PanelCard panel={stale} user={user} />}
          {rights.any('update') && rights.any('read_draft') && <BrokenLinks />}
          {rights.may('read', '@search') && <EmptySearches />}
          {cards && <Suspense><PlaceCards /></Suspense>}
        </SimpleGrid>
      )}
    </>
  );
}

const day = 24 * 3600 * 1000;
const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);

// A profile that nobody has confirmed for a year is not to be relied on.
const stale: Panel = {
  name: 'stale', title: 'home.stale', empty: 'home.stale.empty', verb: 'update', within: 'associations',
  filter: () => ({ _or: [{ next_check_on: { _lte: dayOf(Date.now()) } }, { last_confirmed_on: { _lte: dayOf(Date.now() - 365 * day) } }] }),
};

function PanelCard({ panel, user }: { panel: Panel; user: string }) {
  const { t, pick, date, speech } = useI18n();
  const collections = useCollections();
  const { data, error } = useQuery({
    queryKey: ['entries', 'home', panel.name, user, speech],
    queryFn: ({ signal }) =>
      listAcross({ filter: panel.filter(user), may: panel.verb, collections: panel.within ? [panel.within] : undefined, locale: speech, size: shown }, signal),
  });
  return (
    <Section name={panel.name} title={t(panel.title)} empty={t(panel.empty)} error={error} count={data?.length}>
      {data?.map((entry) => {
        const collection = collections.find((c) => c.name === entry.collection);
        return (
          <Line
            key={entry.id} to={`/c/${entry.collection}/${entry.id}`} name={entry.title || t('entry.untitled')}
            facts={[pick(collection?.label_one, entry.collection), date(entry.updated_at, true)]}
          >
            <StatusBadge status={entry.status} />
          </Line>
        );
      })}
    </Section>
  );
}
