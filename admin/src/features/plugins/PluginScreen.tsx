import { Alert, Button, Group, Modal, Paper, Skeleton, Stack, Text, Title } from '@mantine/core';
import { IconRefresh, IconRotate, IconTrash } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { actOnPlugin, approvePlugin, pluginQuery, removePlugin, type Plugin, type PluginAct } from '../../api/plugins';
import { asProblem } from '../../api/problem';
import { PageHead } from '../../components/Page';
import { ProblemAlert } from '../../components/Problem';
import { useNotify } from '../../components/useNotify';
import { useI18n } from '../../i18n/i18n';
import { Scopes } from './Scopes';
import { Settings } from './Settings';
import { StateBadge } from './StateBadge';
import { Watch } from './Watch';

/** One plugin: what it asks for, how it is set up, how it does. */
export function PluginScreen() {
  const { plugin: name } = useParams({ from: '/plugins/$plugin' });
  const { data, error, refetch } = useQuery(pluginQuery(name));
  const { pick, t } = useI18n();
  if (error && !data) return <><PageHead title={name} /><ProblemAlert error={error} onRetry={() => void refetch()} /></>;
  if (!data) return <Skeleton h={240} />;
  return (
    <>
      <PageHead title={pick(data.label, data.name)}>{data.status && <StateBadge state={data.status.state} />}</PageHead>
      <Text c="dimmed" mb="md">{pick(data.help)}</Text>
      <Stack gap="lg" maw={980}>
        {data.pending && <Approval plugin={data} pending={data.pending} />}
        {data.version && <Acts plugin={data} />}
        {data.status && <Watch status={data.status} />}
        {(data.settings_schema || data.secrets.length > 0) && <Settings key={data.revision} plugin={data} />}
        {data.version && (
          <Paper withBorder p="md" component="section">
            <Title order={2} size="h4" mb="sm">{t('plugin.allowed')}</Title>
            <Scopes scopes={data.scopes} />
          </Paper>
        )}
        {!data.version && <Remove plugin={data} />}
      </Stack>
    </>
  );
}

/** Carries something out, and shows what came of it. */
function useAttempt() {
  const { t } = useI18n();
  const notify = useNotify();
  const cache = useQueryClient();
  const [busy, setBusy] = useState('');
  const [wrong, setWrong] = useState('');
  const attempt = async (what: string, done: string, work: () => Promise<unknown>) => {
    setBusy(what);
    setWrong('');
    try {
      await work();
      notify(done);
      await cache.invalidateQueries({ queryKey: ['plugins'] });
      // What it brings may be a collection, or a place in the menu.
      await cache.invalidateQueries({ queryKey: ['collections'] });
      await cache.invalidateQueries({ queryKey: ['permissions'] });
      await cache.invalidateQueries({ queryKey: ['places'] });
      return true;
    } catch (error) {
      setWrong(asProblem(error).message || t('offline'));
      return false;
    } finally {
      setBusy('');
    }
  };
  return { busy, wrong, attempt };
}

function Approval({ plugin, pending }: { plugin: Plugin; pending: NonNullable<Plugin['pending']> }) {
  const { t } = useI18n();
  const { busy, wrong, attempt } = useAttempt();
  return (
    <Alert color="blue" role="region" title={t('plugin.asks', { version: pending.version })}>
      <Stack>
        <Text size="sm">{t(plugin.version ? 'plugin.asks_upgrade' : 'plugin.asks_help', { version: plugin.version ?? '' })}</Text>
        <Scopes scopes={pending.scopes} marked={plugin.version !== undefined} />
        {wrong && <Text size="sm" c="red.9" role="alert">{wrong}</Text>}
        <Group><Button loading={busy !== ''} onClick={() => void attempt('approve', t('plugin.approved'), () => approvePlugin(plugin.name, pending.version))}>{t('plugin.approve', { version: pending.version })}</Button></Group>
      </Stack>
    </Alert>
  );
}

function Acts({ plugin }: { plugin: Plugin }) {
  const { t } = useI18n();
  const { busy, wrong, attempt } = useAttempt();
  const act = (name: PluginAct, done: string) => void attempt(name, done, () => actOnPlugin(plugin.name, name));
  return (
    <section aria-label={t('acts')}>
      <Group>
        {plugin.enabled ? (
          <Button variant="default" loading={busy === 'disable'} onClick={() => act('disable', t('plugin.disabled'))}>{t('plugin.disable')}</Button>
        ) : (
          <Button loading={busy === 'enable'} onClick={() => act('enable', t('plugin.enabled'))}>{t('plugin.enable')}</Button>
        )}
        {plugin.enabled && <Button variant="default" leftSection={<IconRefresh size={16} />} loading={busy === 'restart'} onClick={() => act('restart', t('plugin.restarted'))}>{t('plugin.restart')}</Button>}
        {plugin.previous && <Button variant="default" leftSection={<IconRotate size={16} className="flips" />} loading={busy === 'rollback'} onClick={() => act('rollback', t('plugin.rolled_back'))}>{t('plugin.roll_back', { version: plugin.previous })}</Button>}
        <Remove plugin={plugin} />
      </Group>
      <Text size="xs" c="dimmed" mt="xs">{t('plugin.version', { version: plugin.version ?? '' })} · {t('plugin.upgrade_help')}</Text>
      {wrong && <Text size="sm" c="red.8" role="alert">{wrong}</Text>}
    </section>
  );
}

function Remove({ plugin }: { plugin: Plugin }) {
  const { t, pick } = useI18n();
  const go = useNavigate();
  const [open, setOpen] = useState(false);
  const { busy, wrong, attempt } = useAttempt();
  const remove = async () => {
    if (await attempt('remove', t('plugin.removed'), () => removePlugin(plugin.name))) await go({ to: '/plugins' });
  };
  return (
    <>
      <Group><Button variant="outline" color="red.8" leftSection={<IconTrash size={16} />} onClick={() => setOpen(true)}>{t('plugin.remove')}</Button></Group>
      <Modal opened={open} onClose={() => setOpen(false)} title={t('plugin.remove_of', { name: pick(plugin.label, plugin.name) })} closeButtonProps={{ 'aria-label': t('close') }}>
        <Stack>
          <Text size="sm">{t('plugin.remove_help')}</Text>
          {wrong && <Text size="sm" c="red.8" role="alert">{wrong}</Text>}
          <Group justify="end">
            <Button variant="default" onClick={() => setOpen(false)}>{t('cancel')}</Button>
            <Button color="red.8" loading={busy !== ''} onClick={() => void remove()}>{t('plugin.remove')}</Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
