import { Alert, Paper, ScrollArea, SimpleGrid, Table, Text, Title } from '@mantine/core';
import type { PluginStatus } from '../../api/plugins';
import { useI18n, type Key } from '../../i18n/i18n';

/** How a plugin does on the node that answers: alive, how confined, what it was asked, what it wrote, why it fell. */
export function Watch({ status }: { status: PluginStatus }) {
  const { t, number, date, named } = useI18n();
  const facts: [Key, string][] = [
    ['plugin.watch.since', status.since ? date(status.since, true) : '–'],
    ['plugin.watch.confined', status.confined ? named('plugin.level', status.confined) : '–'],
    ['plugin.watch.restarts', number(status.restarts)],
    ['plugin.watch.calls', number(status.figures.calls)],
    ['plugin.watch.failures', number(status.figures.failures)],
    ['plugin.watch.events', status.told === undefined ? number(status.figures.events) : `${number(status.figures.events)} (${number(status.head - status.told)})`],
    ['plugin.watch.dead', number(status.figures.dead_letters)],
  ];
  const calls = [...(status.calls ?? [])].reverse();
  return (
    <Paper withBorder p="md" component="section" aria-label={t('plugin.watch')}>
      <Title order={2} size="h4" mb="sm">{t('plugin.watch')}</Title>
      {(status.cause || status.health) && (
        <Alert color="red" mb="sm" role="alert" title={status.cause ? t('plugin.fell', { cause: named('plugin.cause', status.cause.code) }) : t('plugin.unwell')}>
          <Text size="sm" dir="auto" style={{ overflowWrap: 'anywhere' }}>{status.cause?.detail ?? status.health}</Text>
        </Alert>
      )}
      <SimpleGrid cols={{ base: 2, sm: 4 }} mb="md">
        {facts.map(([label, value]) => (
          <div key={label}><Text size="xs" c="dimmed">{t(label)}</Text><Text fw={600}>{value}</Text></div>
        ))}
      </SimpleGrid>
      {calls.length > 0 && (
        <>
          <Title order={3} size="h5" mb="xs">{t('plugin.last_calls')}</Title>
          <ScrollArea.Autosize mah={240} mb="md" viewportProps={{ tabIndex: 0 }}>
            <Table aria-label={t('plugin.last_calls')} fz="xs">
              <Table.Tbody>
                {calls.map((c, i) => (
                  <Table.Tr key={i}>
                    <Table.Td>{date(c.at, true)}</Table.Td>
                    <Table.Td><Text size="xs" ff="monospace" dir="ltr" style={{ overflowWrap: 'anywhere' }}>{c.surface} {c.what}</Text></Table.Td>
                    <Table.Td dir="ltr" ta="end">{`${number(Math.round(c.ms))} / ${number(c.deadline_ms)} ms`}</Table.Td>
                    <Table.Td c={c.error ? 'red.8' : undefined}>{c.error ?? ''}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </ScrollArea.Autosize>
        </>
      )}
      <Title order={3} size="h5" mb="xs">{t('plugin.logs')}</Title>
      <ScrollArea.Autosize mah={280} viewportProps={{ tabIndex: 0, role: 'log', 'aria-label': t('plugin.logs') }}>
        {(status.last ?? []).length === 0 && <Text size="sm" c="dimmed">{t('plugin.no_logs')}</Text>}
        {(status.last ?? []).map((l, i) => (
          <Text key={i} size="xs" ff="monospace" dir="ltr" ta="left" c={l.host ? 'dimmed' : undefined} style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>{l.at.slice(11, 19)} {l.text}</Text>
        ))}
      </ScrollArea.Autosize>
    </Paper>
  );
}
