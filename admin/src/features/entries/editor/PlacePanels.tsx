import { Paper, Stack, Title } from '@mantine/core';
import { useCallback } from 'react';
import type { Place } from '../../../api/places';
import type { Collection, Values } from '../../../api/types';
import { useI18n } from '../../../i18n/i18n';
import { PlaceView } from '../../../places/PlaceView';
import type { Writing } from '../writing';
import { besideOf } from './panels';

interface Props {
  panels: Place[];
  collection: Collection;
  writing: Writing;
  locale: string;
  revision: number;
  readOnly: boolean;
}

/** What plugins say beside the form. What they change there is typed, as it were: it is saved with the rest. */
export function PlacePanels({ panels, collection, writing, locale, revision, readOnly }: Props) {
  const { pick } = useI18n();
  const beside = useCallback(() => besideOf(collection, writing, locale), [collection, writing, locale]);
  const patch = useCallback(
    (values: Values) => {
      if (!readOnly) for (const [name, value] of Object.entries(values)) writing.set(locale, name, value);
    },
    [writing, locale, readOnly],
  );
  return (
    <Stack>
      {panels.map((p) => (
        <Paper key={`${p.plugin} ${p.id}`} component="section" withBorder p="md" aria-label={pick(p.label, p.id)}>
          <Title order={2} size="h5" mb="sm">{pick(p.label, p.id)}</Title>
          <PlaceView place={p} beside={beside} version={`${locale} ${revision}`} onPatch={patch} />
        </Paper>
      ))}
    </Stack>
  );
}
