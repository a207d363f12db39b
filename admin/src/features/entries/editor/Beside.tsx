import { Button, Group, Paper, Progress, Select, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { IconArrowRight } from '@tabler/icons-react';
import { useCallback } from 'react';
import type { FieldProblem } from '../../../api/problem';
import type { Collection, Field } from '../../../api/types';
import { StatusBadge } from '../../../components/StatusBadge';
import { Form } from '../../../fields/Form';
import { useI18n } from '../../../i18n/i18n';
import type { Writing, Written } from '../writing';

interface Props {
  collection: Collection;
  writing: Writing;
  written: Written;
  /** The language that is translated from, and the one that is written. */
  from: string;
  locale: string;
  locales: string[];
  problems: FieldProblem[];
  readOnly: boolean;
  onFrom(locale: string): void;
}

const empty = (value: unknown) => value == null || value === '' || (Array.isArray(value) && value.length === 0);

/** The fields of two languages, each beside the other: what is translated, and the translation. */
export function Beside({ collection, writing, written, from, locale, locales, problems, readOnly, onFrom }: Props) {
  const { t, languageName } = useI18n();
  const source = written.values[from] ?? {};
  const target = written.values[locale] ?? {};
  const set = useCallback((name: string, value: unknown) => writing.set(locale, name, value), [writing, locale]);
  const fields = collection.fields.filter((f) => f.localized);
  const wanted = fields.filter((f) => f.kind !== 'slug' && !empty(source[f.name]));
  const done = wanted.filter((f) => !empty(target[f.name])).length;
  const copyAll = () => {
    for (const f of wanted) if (empty(target[f.name])) set(f.name, source[f.name]);
  };
  return (
    <Stack gap="md" id="entry" key={`${from}.${locale}`}>
      <Group justify="space-between" align="end">
        <Select label={t('beside.from')} data={locales.filter((l) => l !== locale).map((l) => ({ value: l, label: languageName(l) }))} value={from} allowDeselect={false} onChange={(l) => l && onFrom(l)} />
        {!readOnly && <Button variant="light" disabled={done === wanted.length} onClick={copyAll}>{t('beside.copy_all')}</Button>}
      </Group>
      <div>
        <Text size="sm" role="status">{t('beside.done', { n: done, total: wanted.length })}</Text>
        <Progress value={wanted.length > 0 ? (100 * done) / wanted.length : 100} aria-hidden />
      </div>
      <SimpleGrid cols={{ base: 1, md: 2 }} visibleFrom="md">
        <Head locale={from} written={written} source />
        <Head locale={locale} written={written} />
      </SimpleGrid>
      {fields.map((f) => (
        <Pair key={f.id} field={f} source={source[f.name]} target={target[f.name]} from={from} locale={locale} problems={problems} readOnly={readOnly} onChange={set} />
      ))}
      <Text size="sm" c="dimmed">{t('beside.shared')}</Text>
    </Stack>
  );
}

function Head({ locale, written, source = false }: { locale: string; written: Written; source?: boolean }) {
  const { t, languageName } = useI18n();
  const state = written.states[locale];
  const name = languageName(locale);
  return (
    <Group gap="xs">
      <Title order={2} size="h4">{source ? t('beside.source', { language: name }) : name}</Title>
      {state ? <StatusBadge status={state.status} /> : <Text size="xs" c="dimmed">{t('locale.missing')}</Text>}
    </Group>
  );
}

interface PairProps {
  field: Field;
  source: unknown;
  target: unknown;
  from: string;
  locale: string;
  problems: FieldProblem[];
  readOnly: boolean;
  onChange(name: string, value: unknown): void;
}

const nothing: FieldProblem[] = [];
const still = () => undefined;

function Pair({ field, source, target, from, locale, problems, readOnly, onChange }: PairProps) {
  const { t, pick } = useI18n();
  const name = pick(field.label, field.name);
  return (
    <Paper withBorder p="sm" component="section" aria-label={name}>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <div className="source">
          <Form id="source" fields={[field]} values={{ [field.name]: source }} onChange={still} locale={from} problems={nothing} readOnly />
          {!readOnly && !empty(source) && empty(target) && field.kind !== 'slug' && (
            <Button variant="subtle" size="compact-xs" mt={4} aria-label={t('beside.copy', { name })} rightSection={<IconArrowRight size={14} className="flips" />} onClick={() => onChange(field.name, source)}>
              {t('beside.copy_one')}
            </Button>
          )}
        </div>
        <Form id="entry" fields={[field]} values={{ [field.name]: target }} onChange={onChange} locale={locale} problems={problems} readOnly={readOnly} />
      </SimpleGrid>
    </Paper>
  );
}
