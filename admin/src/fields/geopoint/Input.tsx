import { NumberInput, Select, SimpleGrid, Skeleton } from '@mantine/core';
import { Suspense, lazy } from 'react';
import { below } from '../../api/problem';
import { useI18n } from '../../i18n/i18n';
import { Framed } from '../Framed';
import { objectOf, settingsOf, textOf, type InputProps } from '../types';

// The outline of the country is drawn only where a place is asked for.
const PlaceMap = lazy(() => import('./PlaceMap').then((m) => ({ default: m.PlaceMap })));

export function Input({ field, frame, value, onChange, problems }: InputProps) {
  const { t } = useI18n();
  const place = objectOf(value);
  const { precision } = settingsOf<{ precision: boolean }>(field);
  const set = (name: string, part: unknown) => {
    const next: Record<string, unknown> = { ...place, [name]: part };
    for (const key of Object.keys(next)) if (next[key] == null || next[key] === '') delete next[key];
    const empty = next.lat === undefined && next.lon === undefined && next.precision !== 'hidden';
    onChange(empty ? null : next);
  };
  const degrees = (name: 'lat' | 'lon', limit: number) => (
    <NumberInput
      id={`${frame.id}-${name}`}
      label={t(name === 'lat' ? 'geopoint.lat' : 'geopoint.lon')}
      value={typeof place[name] === 'number' ? place[name] : ''}
      min={-limit}
      max={limit}
      decimalScale={6}
      hideControls
      readOnly={frame.readOnly}
      error={below(problems, name)[0]?.detail}
      onChange={(v) => set(name, typeof v === 'number' ? v : null)}
    />
  );
  return (
    <Framed frame={frame}>
      {place.precision !== 'hidden' && (
        <Suspense fallback={<Skeleton h={300} maw={440} mb="sm" />}>
          <PlaceMap
            id={frame.id}
            label={typeof frame.label === 'string' ? frame.label : field.name}
            place={place}
            onPlace={({ lat, lon }) => onChange({ ...place, lat, lon })}
            readOnly={frame.readOnly}
          />
        </Suspense>
      )}
      <SimpleGrid cols={{ base: 1, xs: precision ? 3 : 2 }}>
        {degrees('lat', 90)}
        {degrees('lon', 180)}
        {precision && (
          <Select
            id={`${frame.id}-precision`}
            label={t('geopoint.precision')}
            data={(['exact', 'commune', 'hidden'] as const).map((p) => ({ value: p, label: t(`geopoint.${p}`) }))}
            value={textOf(place.precision) || 'exact'}
            allowDeselect={false}
            readOnly={frame.readOnly}
            onChange={(v) => set('precision', v)}
          />
        )}
      </SimpleGrid>
    </Framed>
  );
}
