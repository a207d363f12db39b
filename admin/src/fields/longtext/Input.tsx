import { Textarea } from '@mantine/core';
import { settingsOf, textOf, type InputProps } from '../types';
import { writtenIn } from '../written';

export function Input({ field, frame, value, onChange, locale }: InputProps) {
  const { max_length: limit } = settingsOf<{ max_length: number }>(field);
  return (
    <Textarea
      {...frame}
      autosize
      minRows={3}
      maxRows={16}
      value={textOf(value)}
      maxLength={limit ?? 100_000}
      {...writtenIn(field, locale)}
      onChange={(e) => onChange(e.currentTarget.value || null)}
    />
  );
}
