import { Text } from '@mantine/core';
import type { Texts } from '../../api/types';
import { useI18n } from '../../i18n/i18n';
import { settingsOf, type CellProps } from '../types';

export function Cell({ field, value }: CellProps) {
  const { number, pick } = useI18n();
  if (typeof value !== 'number') return null;
  const { unit } = settingsOf<{ unit: Texts }>(field);
  return (
    <Text size="sm" component="span" style={{ whiteSpace: 'nowrap' }}>
      {number(value)} {pick(unit)}
    </Text>
  );
}
