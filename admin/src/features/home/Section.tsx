import { Card, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Fragment, type ReactNode } from 'react';
import { ProblemAlert } from '../../components/Problem';

interface Props {
  name: string;
  title: string;
  /** What is said when there is nothing. */
  empty: string;
  error?: unknown;
  /** How many there are; undefined: not known yet. */
  count?: number;
  children: ReactNode;
}

/** One list of the home screen. */
export function Section({ name, title, empty, error, count, children }: Props) {
  return (
    <Card withBorder component="section" aria-labelledby={`home-${name}`}>
      <Title order={2} size="h4" mb="sm" id={`home-${name}`}>{title}</Title>
      {error !== null && error !== undefined && <ProblemAlert error={error} />}
      {count === undefined && !error && <Skeleton h={80} />}
      {count === 0 && <Text c="dimmed" size="sm">{empty}</Text>}
      <Stack gap="xs">{children}</Stack>
    </Card>
  );
}

/** One thing that needs somebody. Facts in different scripts do not mix up each other's order. */
export function Line({ to, name, facts, children }: { to: string; name: string; facts: (string | undefined)[]; children?: ReactNode }) {
  return (
    <Group justify="space-between" wrap="nowrap">
      <div style={{ minWidth: 0 }}>
        <Link to={to} className="row-link" dir="auto">{name}</Link>
        <Text size="xs" c="dimmed">{facts.filter(Boolean).map((f, i) => <Fragment key={i}>{i > 0 && ' · '}<bdi>{f}</bdi></Fragment>)}</Text>
      </div>
      {children}
    </Group>
  );
}
