import { TextInput } from '@mantine/core';
import { useI18n } from '../../i18n/i18n';
import { textOf, type Frame } from '../types';

interface Props {
  frame: Frame;
  value: unknown;
  onChange(value: unknown): void;
  /** The coarsest precision that is allowed. */
  precision?: string;
  min?: string;
  max?: string;
}

/** A date. Where a year or a month is enough it is typed, as no browser has a control for that. */
export function DateControl({ frame, value, onChange, precision, min, max }: Props) {
  const { t } = useI18n();
  const coarse = precision === 'year' || precision === 'month';
  return (
    <TextInput
      {...frame}
      type={coarse ? 'text' : 'date'}
      inputMode={coarse ? 'numeric' : undefined}
      placeholder={coarse ? t(precision === 'year' ? 'date.year_form' : 'date.month_form') : undefined}
      value={textOf(value)}
      min={min}
      max={max}
      maw={240}
      dir="ltr"
      onChange={(e) => onChange(e.currentTarget.value || null)}
    />
  );
}
