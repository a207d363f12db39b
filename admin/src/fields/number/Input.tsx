import { NumberInput } from '@mantine/core';
import { useI18n } from '../../i18n/i18n';
import type { Texts } from '../../api/types';
import { settingsOf, type InputProps } from '../types';

interface Settings {
  min: number;
  max: number;
  integer: boolean;
  unit: Texts;
}

export function Input({ field, frame, value, onChange }: InputProps) {
  const { pick } = useI18n();
  const s = settingsOf<Settings>(field);
  return (
    <NumberInput
      {...frame}
      value={typeof value === 'number' ? value : ''}
      min={s.min}
      max={s.max}
      clampBehavior="none"
      allowDecimal={!s.integer}
      hideControls
      maw={240}
      rightSection={s.unit ? <span>{pick(s.unit)}</span> : undefined}
      onChange={(v) => onChange(typeof v === 'number' ? v : null)}
    />
  );
}
