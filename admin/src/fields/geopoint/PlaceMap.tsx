import { ActionIcon, Box, Group, Text } from '@mantine/core';
import { IconFocusCentered, IconMinus, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useRef, useState, type KeyboardEvent, type MouseEvent } from 'react';
import { titleOf, useCollections } from '../../api/collections';
import { listEntries } from '../../api/entries';
import type { Collection } from '../../api/types';
import { useI18n } from '../../i18n/i18n';
import { objectOf } from '../types';
import { border, drawn, farthest, onMap, placeAt, size, stepped, whole, type Look, type Place } from './country';

interface Props {
  id: string;
  label: string;
  place: Partial<Place>;
  onPlace(place: Place): void;
  readOnly: boolean;
}

/**
 * A map of the country with the place on it: a press puts it there, arrow keys
 * move it, + and − go nearer and farther. It is drawn from our own outline and
 * the site's own territories: nobody else learns which place is looked at.
 */
export function PlaceMap({ id, label, place, onPlace, readOnly }: Props) {
  const { t } = useI18n();
  const svg = useRef<SVGSVGElement>(null);
  const [look, setLook] = useState<Look>(() => (onMap(place) ? { centre: place, zoom: 4 } : whole));
  const marks = useTerritories();
  const outline = useMemo(() => border(look), [look]);
  const here = onMap(place) ? drawn(place, look) : null;

  const zoom = (by: number) => {
    const next = Math.min(farthest, Math.max(1, look.zoom * by));
    setLook(next === 1 ? whole : { centre: onMap(place) ? place : look.centre, zoom: next });
  };
  const put = (e: MouseEvent) => {
    if (readOnly || !svg.current) return;
    const box = svg.current.getBoundingClientRect();
    onPlace(placeAt(((e.clientX - box.left) / box.width) * size, ((e.clientY - box.top) / box.height) * size, look));
  };
  const keys = (e: KeyboardEvent) => {
    if (e.key === '+' || e.key === '=') return zoom(2);
    if (e.key === '-') return zoom(0.5);
    const way = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowRight: [1, 0], ArrowLeft: [-1, 0] }[e.key] as [number, number] | undefined;
    if (!way || readOnly) return;
    e.preventDefault();
    const next = stepped(onMap(place) ? place : look.centre, ...way, look);
    onPlace(next);
    const at = drawn(next, look);
    if (at.x < 0 || at.y < 0 || at.x > size || at.y > size) setLook({ ...look, centre: next });
  };

  return (
    <Box maw={440} mb="sm">
      <svg
        ref={svg}
        viewBox={`0 0 ${size} ${size}`}
        className="place-map"
        role="application"
        aria-label={t('geopoint.map', { name: label })}
        aria-describedby={`${id}-map-help`}
        tabIndex={0}
        onClick={put}
        onKeyDown={keys}
        data-zoom={look.zoom}
      >
        <path d={outline} className="land" />
        {marks.map((m) => {
          const at = drawn(m, look);
          if (at.x < 0 || at.y < 0 || at.x > size || at.y > size) return null;
          return (
            <g key={m.name + m.lat}>
              <circle cx={at.x} cy={at.y} r={2} className="mark"><title>{m.name}</title></circle>
              {look.zoom >= 4 && <text x={at.x} y={at.y - 5} textAnchor="middle" className="mark-name">{m.name}</text>}
            </g>
          );
        })}
        {here && (
          <g className="pin" data-lat={place.lat} data-lon={place.lon}>
            <path d={`M${here.x} ${here.y}l-7 -14a8 8 0 1 1 14 0z`} />
            <circle cx={here.x} cy={here.y - 17} r={3} />
          </g>
        )}
      </svg>
      <Group justify="space-between" gap="xs" wrap="nowrap" mt={4}>
        <Text size="xs" c="dimmed" id={`${id}-map-help`}>{t(readOnly ? 'geopoint.map_read' : 'geopoint.map_help')}</Text>
        <Group gap={4} wrap="nowrap">
          <ActionIcon variant="default" aria-label={t('geopoint.nearer')} disabled={look.zoom >= farthest} onClick={() => zoom(2)}><IconPlus size={16} /></ActionIcon>
          <ActionIcon variant="default" aria-label={t('geopoint.farther')} disabled={look.zoom <= 1} onClick={() => zoom(0.5)}><IconMinus size={16} /></ActionIcon>
          <ActionIcon variant="default" aria-label={t('geopoint.whole')} onClick={() => setLook(whole)}><IconFocusCentered size={16} /></ActionIcon>
        </Group>
      </Group>
    </Box>
  );
}

interface Mark extends Place {
  name: string;
}

const most = 100; // the API's largest page

async function fetchMarks(collection: Collection, field: string, locale: string): Promise<Mark[]> {
  const page = await listEntries({ collection: collection.name, locale, size: most });
  return page.entries.flatMap((e) => {
    const at = objectOf(e[field]) as Partial<Place>;
    return onMap(at) ? [{ lat: at.lat, lon: at.lon, name: titleOf(collection, e) }] : [];
  });
}

// The territories of the site, if it has some: they make an outline a map.
function useTerritories(): Mark[] {
  const { speech } = useI18n();
  const collection = useCollections().find((c) => c.name === 'territories');
  const field = collection?.fields.find((f) => f.kind === 'geopoint')?.name;
  const { data } = useQuery({
    queryKey: ['entries', 'territories', 'marks', speech],
    enabled: collection !== undefined && field !== undefined,
    staleTime: 60 * 60_000,
    queryFn: () => fetchMarks(collection as Collection, field as string, speech),
  });
  return data ?? [];
}
