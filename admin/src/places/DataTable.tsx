import { Button, Group, Stack, Table, Text } from '@mantine/core';
import type { TreeNode } from '../api/places';
import type { Values } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { useActing } from './context';
import { Tree } from './Tree';

interface Column {
  key: string;
  label: string;
  align?: 'start' | 'end';
}

interface Step {
  action: string;
  values?: Values;
}

/** Rows of a plugin, with cells by the keys of the columns. */
export function DataTable({ node }: { node: TreeNode }) {
  const { t } = useI18n();
  const { act } = useActing();
  const columns = node.columns as Column[];
  const rows = (node.rows ?? []) as { id?: string; cells: Values }[];
  const step = (s: unknown, label: string) => {
    const to = s as Step | undefined;
    return <Button variant="default" disabled={!to} onClick={() => to && void act(to.action, to.values ?? {})}>{label}</Button>;
  };
  if (rows.length === 0 && node.empty !== undefined) return <Text size="sm" c="dimmed">{String(node.empty)}</Text>;
  return (
    <Stack gap="sm">
      <Table.ScrollContainer minWidth={0} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table verticalSpacing="sm" highlightOnHover aria-label={typeof node.label === 'string' ? node.label : undefined}>
          <Table.Thead>
            <Table.Tr>
              {columns.map((c) => (c.label === '' ? <Table.Td key={c.key} /> : <Table.Th key={c.key} scope="col" ta={c.align}>{c.label}</Table.Th>))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((r, i) => (
              <Table.Tr key={r.id ?? i}>
                {columns.map((c) => <Table.Td key={c.key} ta={c.align}><Cell value={r.cells[c.key]} /></Table.Td>)}
              </Table.Tr>
            ))}
            {rows.length === 0 && <Table.Tr><Table.Td colSpan={columns.length}><Text c="dimmed" ta="center">{t('list.empty')}</Text></Table.Td></Table.Tr>}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {(node.previous !== undefined || node.next !== undefined) && (
        <Group justify="center">{step(node.previous, t('list.previous'))}{step(node.next, t('list.next'))}</Group>
      )}
    </Stack>
  );
}

function Cell({ value }: { value: unknown }) {
  const { t, number } = useI18n();
  if (value === null || value === undefined) return null;
  if (typeof value === 'number') return <Text size="sm" span style={{ fontVariantNumeric: 'tabular-nums' }}>{number(value)}</Text>;
  if (typeof value === 'boolean') return <Text size="sm" span>{t(value ? 'yes' : 'no')}</Text>;
  if (typeof value === 'object') return <Tree node={value as TreeNode} />;
  return <Text size="sm" span dir="auto">{String(value)}</Text>;
}
