import { Text } from '@mantine/core';
import { useI18n } from '../../i18n/i18n';
import { textOf, type CellProps } from '../types';

export function Cell({ value }: CellProps) {
  const { date } = useI18n();
  return (
    <Text size="sm" component="span" style={{ whiteSpace: 'nowrap' }}>
      {date(textOf(value) || undefined, true)}
    </Text>
  );
}
