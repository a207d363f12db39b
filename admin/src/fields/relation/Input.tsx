import { idsOf, type InputProps } from '../types';
import { Picker } from './Picker';
import { useTargets } from './targets';

export function Input({ field, frame, value, onChange, Form, locale }: InputProps) {
  const targets = useTargets(field);
  const set = (ids: string[]) => {
    if (!targets.many) onChange(ids[0] ?? null);
    else onChange(ids.length > 0 ? ids : null);
  };
  return <Picker frame={frame} targets={targets} ids={idsOf(value)} onChange={set} create={{ Form, locale }} />;
}
