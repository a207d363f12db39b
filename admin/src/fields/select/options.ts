import type { Field, Texts } from '../../api/types';
import { settingsOf } from '../types';

export interface SelectSettings {
  options: { value: string; label?: Texts }[];
  multiple: boolean;
  max: number;
}

/** The options of a select field, as controls take them. */
export function optionsOf(field: Field, pick: (texts: Texts | undefined, otherwise?: string) => string) {
  return (settingsOf<SelectSettings>(field).options ?? []).map((o) => ({ value: o.value, label: pick(o.label, o.value) }));
}
