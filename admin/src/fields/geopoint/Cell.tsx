import { Text } from '@mantine/core';
import { objectOf, type CellProps } from '../types';

export function Cell({ value }: CellProps) {
  const { lat, lon } = objectOf(value);
  if (typeof lat !== 'number' || typeof lon !== 'number') return null;
  return (
    <Text size="sm" component="span" dir="ltr">
      {lat.toFixed(2)}, {lon.toFixed(2)}
    </Text>
  );
}
