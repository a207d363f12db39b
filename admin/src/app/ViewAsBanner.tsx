import { Button, Group, Text } from '@mantine/core';
import { IconEye } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useI18n } from '../i18n/i18n';
import { useStore } from '../lib/store';
import { viewAs } from '../lib/viewAs';

/** Says that one looks at the site as a role, and leads back. */
export function ViewAsBanner() {
  const { t } = useI18n();
  const cache = useQueryClient();
  const role = useStore(viewAs);
  useEffect(() => {
    document.documentElement.toggleAttribute('data-view-as', role !== null);
  }, [role]);
  if (!role) return null;
  const back = () => {
    viewAs.set(null);
    void cache.resetQueries();
  };
  return (
    <Group className="view-as" role="status" justify="space-between" gap="xs" px="md" py={6} mb="md">
      <Group gap="xs"><IconEye size={18} aria-hidden /><Text size="sm">{t('view_as.banner', { name: role.name })}</Text></Group>
      <Button size="compact-sm" variant="white" color="dark" onClick={back}>{t('view_as.end')}</Button>
    </Group>
  );
}
