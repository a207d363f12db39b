import { Fieldset, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Frame } from './types';

/** A set of controls under one name, with its help and what is wrong with the whole. */
export function Framed({ frame, children }: { frame: Frame; children: ReactNode }) {
  return (
    <Fieldset
      id={frame.id}
      legend={
        <Text component="span" fw={600} size="sm">
          {frame.label}
          {frame.withAsterisk && <Text component="span" c="red.8" aria-hidden> *</Text>}
        </Text>
      }
      aria-describedby={frame.description ? `${frame.id}-help` : undefined}
    >
      {frame.description && <Text size="xs" c="dimmed" mb="sm" id={`${frame.id}-help`}>{frame.description}</Text>}
      {children}
      {frame.error && <Text c="red.8" size="sm" mt="xs">{frame.error}</Text>}
    </Fieldset>
  );
}
