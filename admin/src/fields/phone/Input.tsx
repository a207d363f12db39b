import { TextInput } from '@mantine/core';
import { textOf, type InputProps } from '../types';

export function Input({ frame, value, onChange }: InputProps) {
  return (
    <TextInput
      {...frame}
      type="tel"
      dir="ltr"
      value={textOf(value)}
      onChange={(e) => onChange(e.currentTarget.value || null)}
    />
  );
}
