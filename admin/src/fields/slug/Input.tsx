import { TextInput } from '@mantine/core';
import { useI18n } from '../../i18n/i18n';
import { settingsOf, textOf, type InputProps } from '../types';
import { written } from '../written';

export function Input({ field, frame, value, onChange }: InputProps) {
  const { t } = useI18n();
  const { source } = settingsOf<{ source: string }>(field);
  return (
    <TextInput
      {...frame}
      value={textOf(value)}
      maxLength={200}
      {...written('auto')}
      placeholder={source ? t('slug.made') : undefined}
      onChange={(e) => onChange(e.currentTarget.value || null)}
    />
  );
}
