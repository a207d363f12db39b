import { Text } from '@mantine/core';
import { useI18n } from '../../i18n/i18n';
import type { CellProps } from '../types';

export function Cell({ value }: CellProps) {
  const { t } = useI18n();
  return (
    <Text size="sm" component="span">
      {value === true ? t('yes') : value === false ? t('no') : ''}
    </Text>
  );
}
