import { Text } from '@mantine/core';
import { textOf, type CellProps } from '../types';

export function Cell({ value }: CellProps) {
  return (
    <Text size="sm" truncate maw={220} dir="ltr" component="span" display="block">
      {textOf(value).replace(/^https?:\/\//, '').replace(/\/$/, '')}
    </Text>
  );
}
