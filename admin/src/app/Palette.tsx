import { Spotlight, createSpotlight, type SpotlightActionGroupData } from '@mantine/spotlight';
import '@mantine/spotlight/styles.css';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useDebouncedValue } from '@mantine/hooks';
import { IconArrowRight, IconFile, IconSearch } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { offered } from '../actions/offered';
import { useCollections } from '../api/collections';
import { listAcross } from '../api/entries';
import { usePlaces } from '../api/places';
import { useRights } from '../api/session';
import { useI18n } from '../i18n/i18n';
import { useStore } from '../lib/store';
import { navigation } from './navigation';

const [store, palette] = createSpotlight();

/** Opens it again once it is there. */
export const openAgain = () => palette.open();

/** Finds screens, entries and acts by their names. */
export function Palette() {
  const { t, pick, speech } = useI18n();
  const go = useNavigate();
  const rights = useRights();
  const collections = useCollections();
  const acts = useStore(offered);
  const [text, setText] = useState('');
  const [wanted] = useDebouncedValue(text.trim(), 250);
  const places = navigation(collections, rights, usePlaces()).flatMap((g) => g.places);

  const entries = useQuery({
    queryKey: ['entries', 'all', 'palette', wanted, speech],
    enabled: wanted.length > 1,
    staleTime: 30_000,
    queryFn: ({ signal }) => listAcross({ title: wanted, locale: speech, size: 20 }, signal),
  });

  // It comes when it is asked for the first time, and is to be seen then.
  useEffect(() => palette.open(), []);

  const groups: SpotlightActionGroupData[] = [
    ...Object.entries(acts).map(([group, list]) => ({
      group: list[0]?.group ?? group,
      actions: list.map((a) => ({ id: a.id, label: a.label, leftSection: a.icon && <a.icon size={18} />, onClick: a.perform })),
    })),
    {
      group: t('palette.places'),
      actions: places.map((p) => ({
        id: p.to,
        label: p.collection ? pick(p.collection.label, p.collection.name) : p.plugin ? pick(p.plugin.label, p.plugin.id) : p.label ? t(p.label) : p.to,
        leftSection: <IconArrowRight size={18} className="flips" />,
        onClick: () => void go({ to: p.to }),
      })),
    },
    {
      group: t('palette.entries'),
      actions: (entries.data ?? []).map((e) => ({
        id: e.id,
        label: e.title || e.id,
        description: pick(collections.find((c) => c.name === e.collection)?.label_one, e.collection),
        keywords: wanted,
        leftSection: <IconFile size={18} />,
        onClick: () => void go({ to: '/c/$collection/$entry', params: { collection: e.collection, entry: e.id } }),
      })),
    },
  ];

  return (
    <Spotlight
      store={store}
      actions={groups}
      query={text}
      onQueryChange={setText}
      shortcut="mod + K"
      scrollable
      maxHeight={420}
      limit={30}
      attributes={{ content: { 'aria-label': t('palette.open') } }}
      nothingFound={t(entries.isFetching ? 'loading' : 'nothing_found')}
      searchProps={{ placeholder: t('palette.placeholder'), 'aria-label': t('palette.open'), leftSection: <IconSearch size={18} /> }}
    />
  );
}
