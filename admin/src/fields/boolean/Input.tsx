import { Switch } from '@mantine/core';
import type { InputProps } from '../types';

export function Input({ frame, value, onChange }: InputProps) {
  const { readOnly, withAsterisk: _, ...rest } = frame;
  return (
    <Switch
      {...rest}
      checked={value === true}
      disabled={readOnly}
      onChange={(e) => onChange(e.currentTarget.checked)}
    />
  );
}
