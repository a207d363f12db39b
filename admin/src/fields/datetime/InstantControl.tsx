import { TextInput } from '@mantine/core';
import { textOf, type Frame } from '../types';
import { fromLocal, toLocal } from './instant';

interface Props {
  frame: Frame;
  value: unknown;
  onChange(value: unknown): void;
  /** Of no use here: an instant is always exact. */
  precision?: string;
}

/** An instant, shown in the time of this machine. */
export function InstantControl({ frame, value, onChange }: Props) {
  return (
    <TextInput
      {...frame}
      type="datetime-local"
      dir="ltr"
      maw={280}
      value={toLocal(textOf(value))}
      onChange={(e) => onChange(fromLocal(e.currentTarget.value))}
    />
  );
}
