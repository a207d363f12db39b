import { Alert, Stack } from '@mantine/core';
import { memo, useCallback, useMemo } from 'react';
import { below, type FieldProblem } from '../api/problem';
import type { Field } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { inputs } from './inputs';
import type { FormProps, Frame } from './types';

/** A form of fields, each with the control of its kind. */
export function Form({ fields, values, onChange, locale, problems, id, readOnly, around, extra }: FormProps) {
  return (
    <Stack gap="lg">
      {fields.map((field) => (
        <FieldRow
          key={field.id}
          field={field}
          value={values[field.name]}
          onChange={onChange}
          locale={locale}
          problems={problems}
          id={`${id}-${field.name}`}
          readOnly={readOnly}
          around={around}
          extra={extra}
        />
      ))}
    </Stack>
  );
}

interface RowProps extends Omit<FormProps, 'fields' | 'values'> {
  field: Field;
  value: unknown;
}

const none: FieldProblem[] = [];

// A long form is drawn again at each key: only the field that changed is.
const FieldRow = memo(function FieldRow({ field, value, onChange, locale, problems, id, readOnly, around, extra }: RowProps) {
  const { pick, t } = useI18n();
  const mine = useMemo(() => {
    const found = below(problems, field.name);
    return found.length > 0 ? found : none;
  }, [problems, field.name]);
  const change = useCallback((v: unknown) => onChange(field.name, v), [onChange, field.name]);
  const Input = inputs[field.kind];
  const frame: Frame = {
    id,
    label: pick(field.label, field.name),
    description: pick(field.help) || undefined,
    error: mine.find((p) => p.pointer === '')?.detail,
    withAsterisk: field.required === true,
    readOnly,
  };
  if (!Input) return <Alert color="orange">{t('kind.unknown', { kind: field.kind })}</Alert>;
  return (
    <div id={`${id}-row`} data-field={field.name} className={extra ? 'with-extra' : undefined}>
      <Input field={field} frame={frame} value={value} onChange={change} locale={locale} problems={mine} Form={Form} around={around} />
      {extra && <div className="extra">{extra(field)}</div>}
    </div>
  );
});
