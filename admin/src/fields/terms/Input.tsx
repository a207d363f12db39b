import { idsOf, type InputProps } from '../types';
import { Picker } from '../relation/Picker';
import { useTargets } from '../relation/targets';

export function Input({ field, frame, value, onChange, Form, locale }: InputProps) {
  const targets = useTargets(field);
  return <Picker frame={frame} targets={targets} ids={idsOf(value)} onChange={(ids) => onChange(ids.length > 0 ? ids : null)} create={{ Form, locale }} />;
}
