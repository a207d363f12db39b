import { Alert, Anchor, Badge, Divider, Group, Paper, Progress, SimpleGrid, Stack, Tabs, Text, Title } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconInfoCircle } from '@tabler/icons-react';
import { useEffect, useRef, type ComponentType } from 'react';
import type { Tone, TreeNode } from '../api/places';
import { useActing } from './context';
import { Chart } from './Chart';
import { ActionButton, Checkbox, Form, Input, Select, Textarea } from './Controls';
import { Lead } from './Lead';
import { DataTable } from './DataTable';
import { colorOf } from './tones';

interface Props {
  node: TreeNode;
}

const listOf = <T,>(value: unknown): T[] => (Array.isArray(value) ? (value as T[]) : []);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Draws a component of a plugin, and those in it, with the console's own. */
export function Tree({ node }: Props) {
  const Drawn = components[node.type];
  return Drawn ? <Drawn node={node} /> : null;
}

function Children({ nodes }: { nodes: TreeNode[] }) {
  return nodes.map((n, i) => <Tree key={n.id ?? i} node={n} />);
}

function StackNode({ node }: Props) {
  const row = node.direction === 'row';
  return row ? <Group gap="sm" align="flex-start"><Children nodes={node.children ?? []} /></Group> : <Stack gap="md"><Children nodes={node.children ?? []} /></Stack>;
}

function Grid({ node }: Props) {
  const columns = typeof node.columns === 'number' ? node.columns : 2;
  return <SimpleGrid cols={{ base: 1, sm: 2, lg: columns }}><Children nodes={node.children ?? []} /></SimpleGrid>;
}

function Section({ node }: Props) {
  return (
    <Paper withBorder p="md" component="section" aria-label={textOf(node.title) || undefined}>
      {node.title !== undefined && <Title order={2} size="h4" mb="sm" dir="auto">{textOf(node.title)}</Title>}
      <Stack gap="md"><Children nodes={node.children ?? []} /></Stack>
    </Paper>
  );
}

function TabsNode({ node }: Props) {
  const tabs = listOf<{ id: string; label: string; children: TreeNode[] }>(node.tabs);
  return (
    <Tabs defaultValue={tabs[0]?.id} keepMounted={false}>
      <Tabs.List mb="md">{tabs.map((t) => <Tabs.Tab key={t.id} value={t.id}>{t.label}</Tabs.Tab>)}</Tabs.List>
      {tabs.map((t) => (
        <Tabs.Panel key={t.id} value={t.id}><Stack gap="md"><Children nodes={t.children} /></Stack></Tabs.Panel>
      ))}
    </Tabs>
  );
}

function Heading({ node }: Props) {
  const level = (typeof node.level === 'number' ? node.level : 2) as 2 | 3 | 4;
  return <Title order={level} size={`h${level + 1}` as 'h3' | 'h4' | 'h5'} dir="auto">{textOf(node.text)}</Title>;
}

function TextNode({ node }: Props) {
  const tone = node.tone as Tone | undefined;
  return <Text size="sm" dir="auto" c={tone && tone !== 'neutral' ? `${colorOf(tone)}.9` : undefined} style={{ whiteSpace: 'pre-wrap' }}>{textOf(node.text)}</Text>;
}

function BadgeNode({ node }: Props) {
  return <Badge variant="outline" color={`${colorOf(node.tone as Tone)}.9`} className="status" dir="auto" style={{ flex: 'none' }}>{textOf(node.text)}</Badge>;
}

const signs = { danger: IconAlertTriangle, warning: IconAlertTriangle, success: IconCircleCheck, info: IconInfoCircle, neutral: IconInfoCircle };

function Notice({ node }: Props) {
  const tone = (node.tone as Tone | undefined) ?? 'info';
  const Sign = signs[tone];
  return <Alert color={colorOf(tone)} icon={<Sign />} title={textOf(node.title) || undefined} role={tone === 'danger' ? 'alert' : 'status'}><Text size="sm" dir="auto">{textOf(node.text)}</Text></Alert>;
}

function Facts({ node }: Props) {
  return (
    <dl className="facts">
      {listOf<{ label: string; value: string }>(node.items).map((f, i) => (
        <div key={i}><dt>{f.label}</dt><dd dir="auto">{f.value}</dd></div>
      ))}
    </dl>
  );
}

interface Line {
  text: string;
  help?: string;
  badge?: { text: string; tone?: Tone };
  link?: { to: string };
  action?: string;
  values?: Record<string, unknown>;
}

function List({ node }: Props) {
  const { act } = useActing();
  return (
    <Stack gap="xs" component="ul" className="lines">
      {listOf<Line>(node.items).map((l, i) => (
        <Group key={i} component="li" justify="space-between" wrap="nowrap" align="flex-start">
          <div style={{ minWidth: 0 }}>
            {l.link ? (
              <Lead to={l.link.to} className="row-link" size="sm" dir="auto">{l.text}</Lead>
            ) : l.action ? (
              <Anchor component="button" type="button" size="sm" ta="start" dir="auto" onClick={() => void act(l.action as string, l.values ?? {})}>{l.text}</Anchor>
            ) : (
              <Text size="sm" fw={500} dir="auto">{l.text}</Text>
            )}
            {l.help && <Text size="xs" c="dimmed" dir="auto">{l.help}</Text>}
          </div>
          {l.badge && <BadgeNode node={{ type: 'badge', ...l.badge }} />}
        </Group>
      ))}
    </Stack>
  );
}

function Stat({ node }: Props) {
  return (
    <Paper withBorder p="md">
      <Text size="sm" c="dimmed">{textOf(node.label)}</Text>
      <Text fz={28} fw={700} lh={1.3} dir="auto" ta="start" c={node.tone && node.tone !== 'neutral' ? `${colorOf(node.tone as Tone)}.9` : undefined}>{textOf(node.value)}</Text>
      {node.help !== undefined && <Text size="xs" c="dimmed">{textOf(node.help)}</Text>}
    </Paper>
  );
}

function ProgressNode({ node }: Props) {
  const { fraction } = node as { fraction?: number };
  return (
    <div>
      <Text size="sm" mb={4}>{textOf(node.label)}</Text>
      <Progress.Root size="lg"><Progress.Section value={100 * (fraction ?? 1)} striped={fraction === undefined} animated={fraction === undefined} aria-label={textOf(node.label)} /></Progress.Root>
    </div>
  );
}

function Empty({ node }: Props) {
  return (
    <Stack align="center" gap="xs" py="lg" ta="center">
      <Text fw={600}>{textOf(node.title)}</Text>
      {node.text !== undefined && node.text !== '' && <Text size="sm" c="dimmed">{textOf(node.text)}</Text>}
      {node.action !== undefined && <Tree node={node.action as TreeNode} />}
    </Stack>
  );
}

function LinkNode({ node }: Props) {
  return <Lead to={textOf(node.to)} size="sm" style={{ alignSelf: 'flex-start' }} dir="auto">{textOf(node.label)}</Lead>;
}

// Acts by itself after a time. A window that nobody sees waits until it is seen.
function Poll({ node }: Props) {
  const acting = useActing();
  const latest = useRef(acting);
  latest.current = acting;
  const after = typeof node.after_s === 'number' ? node.after_s : 10;
  const action = textOf(node.action);
  useEffect(() => {
    const timer = window.setInterval(() => {
      if (!document.hidden && latest.current.busy === '') void latest.current.act(action, {});
    }, after * 1000);
    return () => window.clearInterval(timer);
  }, [action, after]);
  return null;
}

/** The components by their types: the whole list of tree.schema.json. */
export const components: Record<string, ComponentType<Props>> = {
  stack: StackNode, grid: Grid, section: Section, tabs: TabsNode, heading: Heading, text: TextNode,
  divider: () => <Divider />, badge: BadgeNode, notice: Notice, facts: Facts, list: List, table: DataTable,
  stat: Stat, chart: Chart, progress: ProgressNode, empty: Empty, link: LinkNode, button: ActionButton,
  form: Form, input: Input, textarea: Textarea, select: Select, checkbox: Checkbox, poll: Poll,
};
