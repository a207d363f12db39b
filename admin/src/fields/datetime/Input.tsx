import type { InputProps } from '../types';
import { InstantControl } from './InstantControl';

export function Input({ frame, value, onChange }: InputProps) {
  return <InstantControl frame={frame} value={value} onChange={onChange} />;
}
