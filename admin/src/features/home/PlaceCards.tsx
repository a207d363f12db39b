import { Card, Title } from '@mantine/core';
import { usePlaces } from '../../api/places';
import { useI18n } from '../../i18n/i18n';
import { PlaceView } from '../../places/PlaceView';

/** The cards that plugins bring to the home screen. */
export function PlaceCards() {
  const { pick } = useI18n();
  return usePlaces().cards.map((place) => {
    const id = `card-${place.plugin}-${place.id}`;
    return (
      <Card key={id} withBorder component="section" aria-labelledby={id} style={place.size === 'wide' ? { gridColumn: '1 / -1' } : undefined}>
        <Title order={2} size="h4" mb="sm" id={id}>{pick(place.label, place.id)}</Title>
        <PlaceView place={place} />
      </Card>
    );
  });
}
