import { Text } from '@mantine/core';
import { useI18n } from '../../i18n/i18n';
import { listOf, type CellProps } from '../types';

export function Cell({ value }: CellProps) {
  const { number } = useI18n();
  const n = listOf(value).length;
  return (
    <Text size="sm" component="span">
      {n > 0 ? number(n) : ''}
    </Text>
  );
}
