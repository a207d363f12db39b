import { Badge, Checkbox, Group, Skeleton, Table, Text, UnstyledButton } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconArrowsSort } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { KeyboardEvent, ReactNode } from 'react';
import type { Selection } from './selection';
import { titleField, titleOf } from '../../../api/collections';
import type { Collection, Entry, Field } from '../../../api/types';
import { StatusBadge } from '../../../components/StatusBadge';
import { cells } from '../../../fields/cells';
import { useI18n } from '../../../i18n/i18n';

interface Props {
  collection: Collection;
  columns: string[];
  entries?: Entry[];
  sort?: string;
  onSort(sort: string | undefined): void;
  trashed?: boolean;
  selection: Selection;
}

const steps: Record<string, number> = { ArrowDown: 1, j: 1, J: 1, ArrowUp: -1, k: -1, K: -1 };

// Up and down go from row to row, as in a list of files; with Shift they mark
// on the way, and x marks the row one is on.
function walk(e: KeyboardEvent<HTMLElement>, selection: Selection) {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  const rows = [...e.currentTarget.querySelectorAll<HTMLElement>('tr[data-entry]')];
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const here = rows[at];
  if (!here) return;
  const step = steps[e.key];
  const next = step && rows[at + step];
  if (e.key === 'x') selection.toggle(here.dataset.entry as string);
  else if (!next) return;
  else {
    next.querySelector<HTMLElement>('a.row-link')?.focus();
    if (e.shiftKey) for (const row of [here, next]) if (!selection.has(row.dataset.entry as string)) selection.toggle(row.dataset.entry as string);
  }
  e.preventDefault();
}

export function EntryTable({ collection, columns, entries, sort, onSort, trashed, selection }: Props) {
  const { t, pick } = useI18n();
  const title = collection.fields.find((f) => f.name === titleField(collection));
  const shown = columns.flatMap((name) => collection.fields.find((f) => f.name === name) ?? []);
  const order = { sort, onSort };
  const marked = entries?.filter((e) => selection.has(e.id)).length ?? 0;
  const every = marked > 0 && marked === entries?.length;
  return (
    <Table.ScrollContainer minWidth={0} scrollAreaProps={{ viewportProps: { tabIndex: -1 } }}>
      <Table highlightOnHover verticalSpacing="sm" aria-label={pick(collection.label, collection.name)}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={40} scope="col">
              <Checkbox
                aria-label={t('bulk.page')} checked={every} indeterminate={marked > 0 && !every} disabled={!entries?.length}
                onChange={(e) => selection.all(e.currentTarget.checked)}
              />
            </Table.Th>
            <Head {...order} name={title?.sortable ? title.name : undefined}>{title ? pick(title.label, title.name) : t('entry')}</Head>
            {shown.map((f) => (
              <Head key={f.id} {...order} name={f.sortable ? f.name : undefined} wide>{pick(f.label, f.name)}</Head>
            ))}
            <Head {...order}>{t('status')}</Head>
            <Head {...order} name="updated_at" wide>{t('updated_at')}</Head>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody onKeyDown={(e) => walk(e, selection)}>
          {!entries && <Waiting columns={shown.length + 4} />}
          {entries?.map((e) => <Row key={e.id} collection={collection} fields={shown} entry={e} trashed={trashed} selection={selection} />)}
          {entries?.length === 0 && (
            <Table.Tr>
              <Table.Td colSpan={shown.length + 4}><Text c="dimmed" ta="center" py="xl">{t('list.empty')}</Text></Table.Td>
            </Table.Tr>
          )}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Waiting({ columns }: { columns: number }) {
  return Array.from({ length: 8 }, (_, i) => (
    <Table.Tr key={i}>
      <Table.Td colSpan={columns}><Skeleton h={20} /></Table.Td>
    </Table.Tr>
  ));
}

interface HeadProps {
  /** What it sorts by; none: it does not. */
  name?: string;
  sort?: string;
  onSort(sort: string | undefined): void;
  /** Only where there is room. */
  wide?: boolean;
  children: ReactNode;
}

function Head({ name, sort, onSort, wide, children }: HeadProps) {
  const way = sort === name ? 'ascending' : sort === `-${name}` ? 'descending' : 'none';
  const next = way === 'none' ? name : way === 'ascending' ? `-${name}` : undefined;
  const Icon = way === 'ascending' ? IconArrowUp : way === 'descending' ? IconArrowDown : IconArrowsSort;
  return (
    <Table.Th aria-sort={name ? way : undefined} visibleFrom={wide ? 'sm' : undefined} scope="col">
      {name ? (
        <UnstyledButton onClick={() => onSort(next)} fw={700} fz="sm">
          <Group gap={4} wrap="nowrap">{children}<Icon size={14} aria-hidden /></Group>
        </UnstyledButton>
      ) : (
        <Text fw={700} size="sm" component="span">{children}</Text>
      )}
    </Table.Th>
  );
}

interface RowProps {
  collection: Collection;
  fields: Field[];
  entry: Entry;
  trashed?: boolean;
  selection: Selection;
}

function Row({ collection, fields, entry, trashed, selection }: RowProps) {
  const { t, date, speech, languageName } = useI18n();
  const name = titleOf(collection, entry) || t('entry.untitled');
  const marked = selection.has(entry.id);
  return (
    <Table.Tr data-entry={entry.id} bg={marked ? 'var(--mantine-primary-color-light)' : undefined}>
      <Table.Td>
        <Checkbox
          aria-label={t('bulk.mark', { name })} checked={marked} onChange={() => undefined}
          onClick={(e) => selection.toggle(entry.id, e.shiftKey)}
        />
      </Table.Td>
      <Table.Td miw={140}>
        <Link to="/c/$collection/$entry" params={{ collection: collection.name, entry: entry.id }} className="row-link" dir="auto">
          {name}
        </Link>
      </Table.Td>
      {fields.map((f) => {
        const Cell = cells[f.kind]?.Cell;
        return <Table.Td key={f.id} visibleFrom="sm" maw={280}>{Cell && entry[f.name] != null && <Cell field={f} value={entry[f.name]} locale={speech} />}</Table.Td>;
      })}
      <Table.Td>
        <Group gap={6}>
          <StatusBadge status={trashed ? 'trashed' : entry.status} />
          {entry.locale && entry.locale !== speech && <Badge variant="default" size="sm" visibleFrom="sm">{languageName(entry.locale)}</Badge>}
        </Group>
      </Table.Td>
      <Table.Td visibleFrom="sm"><Text size="sm" style={{ whiteSpace: 'nowrap' }}>{date(entry.updated_at, true)}</Text></Table.Td>
    </Table.Tr>
  );
}
