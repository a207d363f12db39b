import { ActionIcon, Anchor, Badge, Drawer, Indicator, List, Paper, Stack, Text, Title } from '@mantine/core';
import { IconListCheck } from '@tabler/icons-react';
import { useQueries } from '@tanstack/react-query';
import { useDeferredValue, useMemo } from 'react';
import { assetQuery } from '../../../api/assets';
import { titleOf } from '../../../api/collections';
import type { Collection } from '../../../api/types';
import { textOf } from '../../../fields/types';
import { directionOf, useI18n } from '../../../i18n/i18n';
import { useStore } from '../../../lib/store';
import type { Writing, Written } from '../writing';
import { check, picturesOf, sentenceOf, summaryOf, type Finding } from './checks';
import { goToProblem } from './locate';

interface Props {
  opened: boolean;
  onClose(): void;
  collection: Collection;
  writing: Writing;
  locale: string;
}

/** Opens the checks, and says how many things there are to look at; counted when no key is waiting for it. */
export function ChecksButton({ collection, writing, locale, onOpen }: Pick<Props, 'collection' | 'writing' | 'locale'> & { onOpen(): void }) {
  const { t } = useI18n();
  const { values, locales } = useDeferredValue(useStore(writing));
  const n = useMemo(() => check(collection, locale, values, locales).length, [collection, locale, values, locales]);
  return (
    <Indicator label={n} size={16} disabled={n === 0} color="orange.9" offset={4}>
      <ActionIcon variant="default" size={36} aria-label={t('checks.open', { n })} onClick={onOpen}><IconListCheck size={18} /></ActionIcon>
    </Indicator>
  );
}

/** What readers would stumble over, and how the entry looks in the results of a search engine. */
export function Checks(props: Props) {
  const { t } = useI18n();
  return (
    <Drawer opened={props.opened} onClose={props.onClose} position="right" size="md" title={t('checks')} closeButtonProps={{ 'aria-label': t('close') }}>
      {props.opened && <Results {...props} />}
    </Drawer>
  );
}

function Results({ collection, writing, locale, onClose }: Props) {
  const written = useStore(writing);
  const { t, pick, languageName } = useI18n();
  const values = written.values[locale] ?? {};
  const findings: (Finding & { sentence: string })[] = check(collection, locale, written.values, written.locales).map((f) => ({
    ...f, sentence: t(sentenceOf(f), { ...f.args, locale: f.args?.locale ? languageName(String(f.args.locale)) : '' }),
  }));
  const pictures = picturesOf(collection, values);
  const assets = useQueries({ queries: pictures.map((p) => assetQuery(p.asset)) });
  assets.forEach(({ data }, i) => {
    if (data?.media_type.startsWith('image/') && !data.decorative && !data.alt?.[locale]) {
      findings.push({ field: pictures[i]?.field ?? '', what: 'image_alt', sentence: t('check.asset_alt', { name: data.name }) });
    }
  });
  const labelOf = (name: string) => {
    const field = collection.fields.find((f) => f.name === name);
    return field ? pick(field.label, name) : t('locales');
  };
  const go = (name: string) => {
    onClose();
    // Once the drawer has given the focus back.
    setTimeout(() => goToProblem('entry', `/${name}`), 300);
  };
  return (
    <Stack>
      <Title order={3} size="h5">{t('checks.found', { n: findings.length })}</Title>
      {findings.length === 0 && <Text size="sm" c="dimmed">{t('checks.fine')}</Text>}
      <List size="sm" spacing="xs">
        {findings.map((f, i) => (
          <List.Item key={i}>
            {f.field ? <Anchor component="button" type="button" size="sm" ta="start" fw={600} onClick={() => go(f.field)}>{labelOf(f.field)}</Anchor> : <Text span size="sm" fw={600}>{labelOf(f.field)}</Text>}
            <Text size="sm" dir="auto">{f.sentence}</Text>
          </List.Item>
        ))}
      </List>
      <Snippet collection={collection} written={written} locale={locale} />
    </Stack>
  );
}

const shown = 155; // letters of a summary that search engines show

function Snippet({ collection, written, locale }: { collection: Collection; written: Written; locale: string }) {
  const { t } = useI18n();
  const values = written.values[locale] ?? {};
  const summary = summaryOf(collection);
  const text = (summary ? textOf(values[summary.name]) : '').replace(/[#*_>`[\]]/g, '').replace(/\s+/g, ' ');
  const slug = textOf(values[collection.fields.find((f) => f.id === collection.slug)?.name ?? 'slug']);
  return (
    <section aria-label={t('checks.snippet')}>
      <Title order={3} size="h5" mb="xs">{t('checks.snippet')}</Title>
      <Paper withBorder p="sm" dir={directionOf(locale)} lang={locale}>
        <Text size="xs" c="dimmed" dir="ltr" truncate>{window.location.host} › {locale} › {slug || '…'}</Text>
        <Text c="blue.9" size="lg" lineClamp={2} component="div">{titleOf(collection, values) || t('entry.untitled')}</Text>
        <Text size="sm" component="div">{text ? text.slice(0, shown) + (text.length > shown ? ' …' : '') : t('checks.no_summary')}</Text>
      </Paper>
      <Badge mt="xs" variant="default" className="status">{t('checks.length', { n: text.length, limit: shown })}</Badge>
    </section>
  );
}
