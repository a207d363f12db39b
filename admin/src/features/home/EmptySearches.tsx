import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api } from '../../api/client';
import { useI18n } from '../../i18n/i18n';
import { Section } from './Section';

interface Asked {
  query: string;
  locale: string;
  empty: number;
}

/** What visitors searched for and did not find. */
export function EmptySearches() {
  const { t, languageName } = useI18n();
  const { data, error } = useQuery({
    queryKey: ['search', 'empty'],
    staleTime: 60_000,
    queryFn: async () => {
      const answer = await api.GET('/search/statistics', { params: { query: { order: 'empty', 'page[size]': 8 } as never } });
      return (answer.data as unknown as { data: { queries: Asked[] } }).data.queries;
    },
  });
  return (
    <Section name="searches" title={t('home.searches')} empty={t('home.searches.empty')} error={error} count={data?.length}>
      {data?.map((q) => (
        <div key={`${q.locale} ${q.query}`}>
          <Text size="sm" fw={600} dir="auto">{q.query}</Text>
          <Text size="xs" c="dimmed">{languageName(q.locale)} · {t('home.searches.times', { n: q.empty })}</Text>
        </div>
      ))}
    </Section>
  );
}
