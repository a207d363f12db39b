import { Suspense, lazy } from 'react';
import { Input as Base, Skeleton } from '@mantine/core';
import { textOf, type InputProps } from '../types';

const RichText = lazy(() => import('./RichText').then((m) => ({ default: m.RichText })));

export function Input({ field, frame, value, onChange, locale }: InputProps) {
  const { id, label, description, error, withAsterisk, readOnly } = frame;
  return (
    <Base.Wrapper
      label={label}
      description={description}
      error={error}
      withAsterisk={withAsterisk}
      labelElement="div"
      labelProps={{ id: `${id}-label` }}
      inputWrapperOrder={['label', 'description', 'input', 'error']}
    >
      <Suspense fallback={<Skeleton h={160} />}>
        <RichText
          id={id}
          labelledBy={`${id}-label`}
          value={textOf(value)}
          onChange={(text) => onChange(text || null)}
          locale={field.localized ? locale : undefined}
          readOnly={readOnly}
        />
      </Suspense>
    </Base.Wrapper>
  );
}
