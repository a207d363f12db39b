import { Text } from '@mantine/core';
import { useI18n } from '../../i18n/i18n';
import { idsOf, type CellProps } from '../types';
import { optionsOf } from './options';

export function Cell({ field, value }: CellProps) {
  const { pick, list } = useI18n();
  const options = optionsOf(field, pick);
  const labels = idsOf(value).map((v) => options.find((o) => o.value === v)?.label ?? v);
  return (
    <Text size="sm" component="span" lineClamp={2}>
      {list(labels)}
    </Text>
  );
}
