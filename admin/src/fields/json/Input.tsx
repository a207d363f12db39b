import { useState } from 'react';
import { Textarea } from '@mantine/core';
import { useI18n } from '../../i18n/i18n';
import type { InputProps } from '../types';

const shown = (value: unknown) => (value == null ? '' : JSON.stringify(value, null, 2));

/** Any JSON. While it does not parse it is shown as typed, and not taken. */
export function Input({ frame, value, onChange }: InputProps) {
  const { t } = useI18n();
  const [typed, setTyped] = useState<string | null>(null);
  const take = (text: string) => {
    setTyped(text);
    try {
      onChange(text.trim() ? JSON.parse(text) : null);
    } catch {
      // It is not complete yet; the control says so below.
    }
  };
  const broken = typed !== null && typed.trim() !== '' && !parses(typed);
  return (
    <Textarea
      {...frame}
      dir="ltr"
      autosize
      minRows={4}
      maxRows={20}
      styles={{ input: { fontFamily: 'monospace' } }}
      value={typed ?? shown(value)}
      error={broken ? t('json.broken') : frame.error}
      onChange={(e) => take(e.currentTarget.value)}
      onBlur={() => !broken && setTyped(null)}
    />
  );
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
