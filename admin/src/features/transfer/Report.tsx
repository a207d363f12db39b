import { Alert, Button, Group, Progress as Bar, Stack, Table, Text } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { ProblemAlert } from '../../components/Problem';
import { useI18n } from '../../i18n/i18n';
import { csvFile, download } from '../../lib/csv';
import type { Progress } from './useImport';

const shown = 200;

/** What an import did, or would do, and why some rows were refused. */
export function Report({ progress, name }: { progress: Progress; name: string }) {
  const { t, number } = useI18n();
  const { counts, faults, dry } = progress;
  const title = progress.state === 'running' ? t('bulk.progress', { done: number(progress.done), total: number(progress.total) }) : t(dry ? 'import.tried' : progress.state === 'ended' ? 'import.done' : 'import.stopped');
  const head = [t('import.line'), t('import.column'), t('import.reason')];
  const keep = () => download(csvFile(head, [faults.map((f) => [String(f.line), f.column, f.detail])]), `${name}-report.csv`);
  return (
    <Alert color={counts.refused > 0 || progress.wrong ? 'orange' : undefined} title={title} data-import={progress.state}>
      <Stack gap="sm">
        {progress.state === 'running' && <Bar.Root size="lg"><Bar.Section value={(100 * progress.done) / Math.max(progress.total, 1)} aria-label={title} /></Bar.Root>}
        {progress.wrong && <ProblemAlert error={progress.wrong} />}
        <Text size="sm" role="status">
          {[
            t(dry ? 'import.would_create' : 'import.created', { n: counts.created }), t(dry ? 'import.would_update' : 'import.updated', { n: counts.updated }),
            t('import.same', { n: counts.same }), t('import.refused', { n: counts.refused }),
          ].join(' ')}
        </Text>
        {faults.length > 0 && (
          <>
            <Table aria-label={t('import.faults')}>
              <Table.Thead><Table.Tr>{head.map((h) => <Table.Th key={h} scope="col">{h}</Table.Th>)}</Table.Tr></Table.Thead>
              <Table.Tbody>
                {faults.slice(0, shown).map((f, i) => (
                  <Table.Tr key={i}>
                    <Table.Td>{f.line}</Table.Td>
                    <Table.Td dir="auto">{f.column}</Table.Td>
                    <Table.Td dir="auto">{f.detail}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
            <Group><Button size="compact-sm" variant="default" leftSection={<IconDownload size={14} />} onClick={keep}>{t('import.keep_report')}</Button></Group>
          </>
        )}
      </Stack>
    </Alert>
  );
}
