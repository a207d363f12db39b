import { Group, Title } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';

/** The head of a screen: its name, also in the window's title, and what it offers. */
export function PageHead({ title, before, children }: { title: string; before?: ReactNode; children?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} – Recueil`;
  }, [title]);
  return (
    <Group justify="space-between" align="center" mb="md" gap="sm">
      <Group gap="sm" wrap="nowrap" style={{ minWidth: 0 }}>
        {before}
        <Title order={1} size="h2" dir="auto" style={{ overflowWrap: 'anywhere' }}>{title}</Title>
      </Group>
      {children && <Group gap="xs">{children}</Group>}
    </Group>
  );
}
