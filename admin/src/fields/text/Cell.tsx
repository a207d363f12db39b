import { Text } from '@mantine/core';
import { textOf, type CellProps } from '../types';

export function Cell({ value }: CellProps) {
  return (
    <Text size="sm" lineClamp={2} dir="auto" component="span">
      {textOf(value)}
    </Text>
  );
}
