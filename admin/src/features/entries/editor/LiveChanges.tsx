import { ScrollArea, Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { liveQuery } from '../../../api/history';
import type { Collection } from '../../../api/types';
import { ProblemAlert } from '../../../components/Problem';
import { useStore } from '../../../lib/store';
import type { Writing } from '../writing';
import { Changes } from './Changes';

interface Props {
  collection: Collection;
  writing: Writing;
  locale: string;
}

/** What visitors will see otherwise once this is published. */
export function LiveChanges({ collection, writing, locale }: Props) {
  const written = useStore(writing);
  const live = useQuery(liveQuery(collection.name, written.id ?? '', locale, written.revision));
  if (live.error) return <ProblemAlert error={live.error} />;
  if (live.data === undefined) return <Skeleton h={80} />;
  return (
    <ScrollArea.Autosize mah="50vh" type="auto" viewportProps={{ tabIndex: 0 }}>
      <Changes collection={collection} locale={locale} from={live.data ?? {}} to={written.values[locale] ?? {}} />
    </ScrollArea.Autosize>
  );
}
