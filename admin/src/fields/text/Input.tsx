import { TextInput } from '@mantine/core';
import { settingsOf, textOf, type InputProps } from '../types';
import { writtenIn } from '../written';

export function Input({ field, frame, value, onChange, locale }: InputProps) {
  const { max_length: limit } = settingsOf<{ max_length: number }>(field);
  return (
    <TextInput
      {...frame}
      value={textOf(value)}
      maxLength={limit ?? 1000}
      {...writtenIn(field, locale)}
      onChange={(e) => onChange(e.currentTarget.value || null)}
    />
  );
}
