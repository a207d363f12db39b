import { Group, Table, Text } from '@mantine/core';
import type { TreeNode } from '../api/places';
import { useI18n } from '../i18n/i18n';

interface Series {
  label: string;
  points: { x: string; y: number }[];
}

// Told apart by those who do not see colours, too: each has its own dash.
const looks = [
  { color: '#0b5d3b', dash: '' }, { color: '#b8520b', dash: '6 3' }, { color: '#1f5fa8', dash: '2 3' }, { color: '#8a1f5c', dash: '8 3 2 3' },
  { color: '#5b5b00', dash: '4 4' }, { color: '#5a3fa0', dash: '1 3' }, { color: '#00606b', dash: '10 4' }, { color: '#6b2a00', dash: '3 6' },
];

/** A diagram of a plugin, and its figures as a table for whoever wants them. */
export function Chart({ node }: { node: TreeNode }) {
  const { t } = useI18n();
  const series = node.series as Series[];
  const label = String(node.label);
  const unit = typeof node.unit === 'string' ? node.unit : '';
  return (
    <figure className="chart">
      <Text component="figcaption" size="sm" fw={600} mb="xs">{label}{unit && ` (${unit})`}</Text>
      {node.kind === 'line' ? <Lines series={series} label={label} /> : <Bars series={series} />}
      {series.length > 1 && (
        <Group gap="md" mt="xs">
          {series.map((s, i) => <Text key={s.label} size="xs"><span className="chart-key" style={{ background: looks[i % looks.length]?.color }} aria-hidden /> {s.label}</Text>)}
        </Group>
      )}
      {node.kind === 'line' && (
        <details>
          <summary>{t('chart.figures')}</summary>
          <Figures series={series} label={label} />
        </details>
      )}
    </figure>
  );
}

const every = (series: Series[]) => series.flatMap((s) => s.points.map((p) => p.y));
const steps = (series: Series[]) => [...new Set(series.flatMap((s) => s.points.map((p) => p.x)))];

// Bars lie along the text, so that their names have room and they begin where
// the language begins.
function Bars({ series }: { series: Series[] }) {
  const { number } = useI18n();
  const top = Math.max(...every(series), 0) || 1;
  return (
    <table className="bars">
      <tbody>
        {steps(series).flatMap((x) =>
          series.flatMap((s, i) => {
            const point = s.points.find((p) => p.x === x);
            return point
              ? [
                  <tr key={`${x} ${s.label}`}>
                    <th scope="row" dir="auto">{x}{series.length > 1 && <Text span size="xs" c="dimmed"> {s.label}</Text>}</th>
                    <td><span className="bar" style={{ inlineSize: `${(100 * Math.max(point.y, 0)) / top}%`, background: looks[i % looks.length]?.color }} /></td>
                    <td className="figure">{number(point.y)}</td>
                  </tr>,
                ]
              : [];
          }),
        )}
      </tbody>
    </table>
  );
}

const width = 600;
const height = 200;

function Lines({ series, label }: { series: Series[]; label: string }) {
  const { number } = useI18n();
  const xs = steps(series);
  const top = Math.max(...every(series), 0) || 1;
  const low = Math.min(...every(series), 0);
  const at = (x: string) => (xs.length < 2 ? width / 2 : (xs.indexOf(x) * width) / (xs.length - 1));
  const up = (y: number) => height - (height * (y - low)) / (top - low || 1);
  return (
    <div dir="ltr">
      <svg viewBox={`-4 -6 ${width + 8} ${height + 12}`} className="lines-chart" role="img" aria-label={label} preserveAspectRatio="none">
        <line x1={0} x2={width} y1={up(0)} y2={up(0)} className="axis" />
        {series.map((s, i) => (
          <polyline key={s.label} points={s.points.map((p) => `${at(p.x)},${up(p.y)}`).join(' ')} fill="none" stroke={looks[i % looks.length]?.color} strokeDasharray={looks[i % looks.length]?.dash} strokeWidth={2.5} vectorEffect="non-scaling-stroke" />
        ))}
      </svg>
      <Group justify="space-between"><Text size="xs" c="dimmed">{xs[0]}</Text><Text size="xs" c="dimmed">{number(low)} – {number(top)}</Text><Text size="xs" c="dimmed">{xs.at(-1)}</Text></Group>
    </div>
  );
}

function Figures({ series, label }: { series: Series[]; label: string }) {
  const { number } = useI18n();
  return (
    <Table aria-label={label}>
      <Table.Thead><Table.Tr><Table.Td />{series.map((s) => <Table.Th key={s.label} scope="col">{s.label}</Table.Th>)}</Table.Tr></Table.Thead>
      <Table.Tbody>
        {steps(series).map((x) => (
          <Table.Tr key={x}>
            <Table.Th scope="row">{x}</Table.Th>
            {series.map((s) => {
              const y = s.points.find((p) => p.x === x)?.y;
              return <Table.Td key={s.label}>{y === undefined ? '' : number(y)}</Table.Td>;
            })}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
