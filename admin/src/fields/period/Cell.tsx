import { Text } from '@mantine/core';
import { useI18n } from '../../i18n/i18n';
import { objectOf, textOf, type CellProps } from '../types';

export function Cell({ value }: CellProps) {
  const { date } = useI18n();
  const { start, end } = objectOf(value);
  const show = (bound: unknown) => {
    const text = textOf(bound);
    return text.length >= 10 ? date(text, text.length > 10) : text;
  };
  if (!start && !end) return null;
  return (
    <Text size="sm" component="span">
      {show(start)} – {show(end)}
    </Text>
  );
}
