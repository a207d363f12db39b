import { Text } from '@mantine/core';
import { objectOf, textOf, type CellProps } from '../types';

export function Cell({ value }: CellProps) {
  const { street, commune } = objectOf(value);
  return (
    <Text size="sm" component="span" lineClamp={2} dir="auto">
      {[street, commune].map(textOf).filter(Boolean).join(', ')}
    </Text>
  );
}
