import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams, useRouter, useRouterState } from '@tanstack/react-router';
import { useCallback } from 'react';
import { placesQuery } from '../../api/places';
import { PageHead } from '../../components/Page';
import { ProblemAlert } from '../../components/Problem';
import { useI18n } from '../../i18n/i18n';
import { PlaceView } from '../../places/PlaceView';

/** A screen of a plugin. */
export function PlaceScreen() {
  const { t, pick } = useI18n();
  const router = useRouter();
  const { plugin, place: id } = useParams({ from: '/x/$plugin/$place' });
  const search = useRouterState({ select: (s) => s.location.searchStr });
  const { data, error, refetch } = useQuery(placesQuery);
  const place = data?.screens.find((p) => p.plugin === plugin && p.id === id);
  const follow = useCallback((next: string) => router.history.push(window.location.pathname + next), [router]);
  if (error) return <ProblemAlert error={error} onRetry={() => void refetch()} />;
  if (!data) return null;
  if (!place) return <Text>{t('place.none')}</Text>;
  const label = pick(place.label, place.id);
  return (
    <>
      <PageHead title={label} />
      <PlaceView key={`${plugin} ${id}`} place={place} params={Object.fromEntries(new URLSearchParams(search))} onParams={follow} />
    </>
  );
}
