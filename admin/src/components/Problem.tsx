import { Alert, Button, Group, Text } from '@mantine/core';
import { IconAlertCircle } from '@tabler/icons-react';
import { asProblem } from '../api/problem';
import { useI18n } from '../i18n/i18n';

/** What the API refused, in its own words, or that it was not reached. */
export function ProblemAlert({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useI18n();
  const problem = asProblem(error);
  return (
    <Alert color="red" icon={<IconAlertCircle />} role="alert" my="md">
      <Group justify="space-between">
        <Text size="sm">{problem.message || t('offline')}</Text>
        {onRetry && <Button size="compact-sm" variant="light" color="red" onClick={onRetry}>{t('retry')}</Button>}
      </Group>
    </Alert>
  );
}
