import { MultiSelect, Select } from '@mantine/core';
import { useI18n } from '../../i18n/i18n';
import { idsOf, settingsOf, textOf, type InputProps } from '../types';
import { optionsOf, type SelectSettings } from './options';

export function Input({ field, frame, value, onChange }: InputProps) {
  const { pick, t } = useI18n();
  const s = settingsOf<SelectSettings>(field);
  const shared = {
    ...frame,
    data: optionsOf(field, pick),
    searchable: (s.options?.length ?? 0) > 7,
    nothingFoundMessage: t('nothing_found'),
    clearButtonProps: { 'aria-label': t('clear') },
  };
  if (s.multiple) {
    return (
      <MultiSelect {...shared} value={idsOf(value)} maxValues={s.max || undefined} onChange={(v) => onChange(v.length > 0 ? v : null)} />
    );
  }
  return <Select {...shared} value={textOf(value) || null} clearable={!field.required} maw={420} onChange={onChange} />;
}
