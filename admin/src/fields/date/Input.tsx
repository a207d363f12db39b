import { settingsOf, type InputProps } from '../types';
import { DateControl } from './DateControl';

export function Input({ field, frame, value, onChange }: InputProps) {
  const s = settingsOf<{ precision: string; min: string; max: string }>(field);
  return <DateControl frame={frame} value={value} onChange={onChange} {...s} />;
}
