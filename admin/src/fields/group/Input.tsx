import type { Field } from '../../api/types';
import { Framed } from '../Framed';
import { objectOf, settingsOf, type InputProps } from '../types';

export function Input({ field, frame, value, onChange, locale, problems, Form, around }: InputProps) {
  const group = objectOf(value);
  const set = (name: string, part: unknown) => {
    const next = { ...group, [name]: part };
    onChange(Object.values(next).some((v) => v != null) ? next : null);
  };
  return (
    <Framed frame={frame}>
      <Form
        id={frame.id}
        fields={settingsOf<{ fields: Field[] }>(field).fields ?? []}
        values={group}
        onChange={set}
        locale={locale}
        problems={problems}
        readOnly={frame.readOnly}
        around={around}
      />
    </Framed>
  );
}
