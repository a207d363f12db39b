import { Text } from '@mantine/core';
import { useTitles } from '../../api/titles';
import { useI18n } from '../../i18n/i18n';
import { idsOf, type CellProps } from '../types';
import { useTargets } from './targets';

const shown = 3;

export function Cell({ field, value, locale }: CellProps) {
  const { list } = useI18n();
  const targets = useTargets(field);
  const ids = idsOf(value);
  const titles = useTitles(targets.collections.map((c) => c.id), ids.slice(0, shown), locale);
  const names = ids.slice(0, shown).map((id) => titles.get(id)?.title ?? '…');
  if (ids.length > shown) names.push(`+${ids.length - shown}`);
  return (
    <Text size="sm" component="span" lineClamp={2} dir="auto">
      {list(names)}
    </Text>
  );
}
