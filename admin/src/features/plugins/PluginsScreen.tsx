import { Alert, Button, Card, FileButton, Group, Progress, SimpleGrid, Skeleton, Stack, Text } from '@mantine/core';
import { IconUpload } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { installBundle, installBundled, pluginsQuery, type Plugin } from '../../api/plugins';
import { asProblem } from '../../api/problem';
import { PageHead } from '../../components/Page';
import { ProblemAlert } from '../../components/Problem';
import { useI18n } from '../../i18n/i18n';
import { StateBadge } from './StateBadge';

/** What is installed, and how another one comes in. */
export function PluginsScreen() {
  const { t, pick } = useI18n();
  const go = useNavigate();
  const cache = useQueryClient();
  const { data, error, refetch } = useQuery(pluginsQuery);
  const [part, setPart] = useState<number | null>(null);
  const [wrong, setWrong] = useState('');
  // Nothing runs before its scopes are approved: the page of the plugin asks.
  const install = async (work: () => Promise<Plugin>) => {
    setWrong('');
    setPart(0);
    try {
      const plugin = await work();
      await cache.invalidateQueries({ queryKey: ['plugins'] });
      await go({ to: '/plugins/$plugin', params: { plugin: plugin.name } });
    } catch (e) {
      setWrong(asProblem(e).message || t('offline'));
    } finally {
      setPart(null);
    }
  };
  return (
    <>
      <PageHead title={t('plugins')}>
        {data?.bundled.filter((b) => !data.plugins.some((p) => p.name === b.name)).map((b) => (
          <Button key={b.name} variant="default" onClick={() => void install(() => installBundled(b.name))}>{t('plugin.install_bundled', { name: pick(b.label, b.name) })}</Button>
        ))}
        <FileButton onChange={(file) => file && void install(() => installBundle(file, setPart))}>
          {(props) => <Button {...props} leftSection={<IconUpload size={16} />} loading={part !== null}>{t('plugin.install')}</Button>}
        </FileButton>
      </PageHead>
      <Text size="sm" c="dimmed" mb="md">{t('plugins.help')}</Text>
      {part !== null && <Progress value={part * 100} aria-label={t('plugin.install')} mb="md" />}
      {wrong && <Alert color="red" role="alert" mb="md">{wrong}</Alert>}
      {error && <ProblemAlert error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton h={120} />}
      {data?.plugins.length === 0 && <Text c="dimmed">{t('plugins.none')}</Text>}
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
        {data?.plugins.map((p) => (
          <Card key={p.name} withBorder component={Link} to={`/plugins/${p.name}`} className="card">
            <Stack gap={6}>
              <Group justify="space-between">
                <Text fw={600}>{pick(p.label, p.name)}</Text>
                {p.status && <StateBadge state={p.status.state} />}
              </Group>
              <Text size="sm" c="dimmed" lineClamp={3}>{pick(p.help)}</Text>
              <Text size="xs" c="dimmed">{p.version ? t('plugin.version', { version: p.version }) : t('plugin.not_approved')}</Text>
              {p.pending && <Text size="sm" fw={600} c="blue.9">{t('plugin.waits', { version: p.pending.version })}</Text>}
            </Stack>
          </Card>
        ))}
      </SimpleGrid>
    </>
  );
}
