import { ScrollArea, Skeleton, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { liveQuery } from '../../../api/history';
import type { Collection } from '../../../api/types';
import { ProblemAlert } from '../../../components/Problem';
import { useStore } from '../../../lib/store';
import type { Writing } from '../writing';
import { useI18n } from '../../../i18n/i18n';
import { Changes } from './Changes';

interface Props {
  collection: Collection;
  writing: Writing;
  locale: string;
  /** The fields that stay as visitors see them. */
  left: string[];
  onLeave(names: string[], all: boolean): void;
}

/** What visitors will see otherwise once this is published, field by field. */
export function LiveChanges({ collection, writing, locale, left, onLeave }: Props) {
  const { t } = useI18n();
  const written = useStore(writing);
  const live = useQuery(liveQuery(collection.name, written.id ?? '', locale, written.revision));
  if (live.error) return <ProblemAlert error={live.error} />;
  if (live.data === undefined) return <Skeleton h={80} />;
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">{t('changes.choose')}</Text>
      <ScrollArea.Autosize mah="50vh" type="auto" viewportProps={{ tabIndex: 0 }}>
        <Changes collection={collection} locale={locale} from={live.data ?? {}} to={written.values[locale] ?? {}} left={left} onLeave={onLeave} />
      </ScrollArea.Autosize>
    </Stack>
  );
}
