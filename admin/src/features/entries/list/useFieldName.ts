import type { Field } from '../../../api/types';
import { useI18n } from '../../../i18n/i18n';

// The facts of every entry are named by the catalogue, fields by their definition.
export function useFieldName() {
  const { pick, named } = useI18n();
  return (field: Field) => (field.label ? pick(field.label, field.name) : named('system', field.name));
}
