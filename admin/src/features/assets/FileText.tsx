import { ActionIcon, Group, ScrollArea, Text } from '@mantine/core';
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { assetTextQuery } from '../../api/assets';
import type { Asset } from '../../api/types';
import { directionOf, useI18n } from '../../i18n/i18n';

/** What was read in a file: how many pages, in which language, and the text that the search finds. */
export function FileText({ asset }: { asset: Asset }) {
  const { t, named, languageName } = useI18n();
  const [page, setPage] = useState(1);
  const text = asset.text;
  const readable = text?.state === 'found' || text?.state === 'partial';
  const { data } = useQuery({ ...assetTextQuery(asset.id, page), enabled: readable, placeholderData: keepPreviousData });
  if (!text) return asset.media_type === 'application/pdf' ? <Text size="sm" c="dimmed">{t('file_text.later')}</Text> : null;
  return (
    <section aria-label={t('file_text')}>
      <Text fw={600} size="sm">{t('file_text')}</Text>
      <Text size="sm" c="dimmed">
        {[named('file_text.state', text.state), text.pages ? t('file_text.pages', { n: text.pages }) : '', text.blank ? t('file_text.blank', { n: text.blank }) : '', text.language ? languageName(text.language) : ''].filter(Boolean).join(' · ')}
      </Text>
      {data && (
        <>
          <Group gap="xs" my={4}>
            <ActionIcon variant="default" aria-label={t('list.previous')} disabled={page <= 1} onClick={() => setPage(page - 1)}><IconChevronLeft size={16} className="flips" /></ActionIcon>
            <Text size="sm" role="status">{t('file_text.page', { n: data.page, total: data.pages })}</Text>
            <ActionIcon variant="default" aria-label={t('list.next')} disabled={page >= data.pages} onClick={() => setPage(page + 1)}><IconChevronRight size={16} className="flips" /></ActionIcon>
          </Group>
          <ScrollArea h={180} className="card" viewportProps={{ tabIndex: 0 }}>
            <Text size="sm" dir={text.language ? directionOf(text.language) : 'auto'} lang={text.language} style={{ whiteSpace: 'pre-wrap' }}>{data.text || t('file_text.empty')}</Text>
          </ScrollArea>
        </>
      )}
    </section>
  );
}
