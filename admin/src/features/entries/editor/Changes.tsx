import { Checkbox, Stack, Text, Title } from '@mantine/core';
import type { Collection, Values } from '../../../api/types';
import { directionOf, useI18n } from '../../../i18n/i18n';
import { equal } from '../../../lib/equal';
import { Difference } from './Difference';

interface Props {
  collection: Collection;
  locale: string;
  from: Values;
  to: Values;
  /** Has one choose among the fields; called with those that are left, and whether that is all of them. */
  onLeave?(names: string[], all: boolean): void;
  left?: string[];
}

/** The fields that differ between two states of an entry, each with what changed in it. */
export function Changes({ collection, locale, from, to, onLeave, left = [] }: Props) {
  const { t, pick } = useI18n();
  const changed = collection.fields.filter((f) => f.name in from || f.name in to).filter((f) => !equal(from[f.name], to[f.name]));
  if (changed.length === 0) return <Text size="sm" c="dimmed">{t('changes.none')}</Text>;
  const choose = (name: string, taken: boolean) => {
    const next = taken ? left.filter((n) => n !== name) : [...left, name];
    onLeave?.(next, changed.every((f) => next.includes(f.name)));
  };
  return (
    <Stack gap="md">
      {changed.map((f) => (
        <section key={f.id} aria-label={pick(f.label, f.name)}>
          <Title order={3} size="h6" mb={4}>
            {onLeave && changed.length > 1
              ? <Checkbox label={pick(f.label, f.name)} checked={!left.includes(f.name)} onChange={(e) => choose(f.name, e.currentTarget.checked)} />
              : pick(f.label, f.name)}
          </Title>
          <Difference field={f} from={from[f.name]} to={to[f.name]} dir={f.localized ? directionOf(locale) : 'ltr'} />
        </section>
      ))}
    </Stack>
  );
}
