import { Text } from '@mantine/core';
import { useI18n } from '../../i18n/i18n';
import { textOf, type CellProps } from '../types';

export function Cell({ value }: CellProps) {
  const { date } = useI18n();
  const text = textOf(value);
  // A year or a month alone is shown as it is: it has no day to show.
  return (
    <Text size="sm" component="span" style={{ whiteSpace: 'nowrap' }}>
      {text.length === 10 ? date(text) : text}
    </Text>
  );
}
