import { Card, Text, Title } from '@mantine/core';
import { useId, type ReactNode } from 'react';

/** One part of the screen, with its heading. */
export function Section({ title, help, children }: { title: string; help?: string; children: ReactNode }) {
  const id = useId();
  return (
    <Card withBorder component="section" aria-labelledby={id}>
      <Title order={2} size="h4" id={id} mb={help ? 4 : 'sm'}>{title}</Title>
      {help && <Text size="sm" c="dimmed" mb="sm">{help}</Text>}
      {children}
    </Card>
  );
}
