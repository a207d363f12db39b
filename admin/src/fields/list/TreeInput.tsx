import { draggable, dropTargetForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter';
import { ActionIcon, Button, Collapse, Group, Paper, Stack, Text, VisuallyHidden } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconGripVertical, IconIndentDecrease, IconIndentIncrease, IconPencil, IconPlus, IconTrash } from '@tabler/icons-react';
import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { below, type FieldProblem } from '../../api/problem';
import { useTitles } from '../../api/titles';
import type { Field, Texts, Values } from '../../api/types';
import { directionOf, useI18n } from '../../i18n/i18n';
import { Framed } from '../Framed';
import { idsOf, listOf, objectOf, settingsOf, textOf, type InputProps } from '../types';
import { newItemID } from './items';
import { added, carried, depthOf, replacedAt, rowsOf, shifted, withoutAt, type Path, type Row } from './tree';

interface Settings {
  fields: Field[];
  max: number;
  item: Texts;
}

/** What can be done with an item of a tree. */
interface Acts {
  up(): void;
  down(): void;
  inward(): void;
  outward(): void;
}

// The problems at an item, with pointers from there on.
function at(problems: FieldProblem[], path: Path, name: string): FieldProblem[] {
  return path.reduce((found, step, i) => below(i === 0 ? found : below(found, name), String(step)), problems);
}

/** A list whose items hold lists of the same name, such as a menu: a tree that is ordered by drag, keys or buttons. */
export function TreeInput({ field, frame, value, onChange, locale, problems, Form, around }: InputProps) {
  const { t, pick } = useI18n();
  const { name } = field;
  const s = settingsOf<Settings>(field);
  const items = listOf(value).map(objectOf);
  const rows = rowsOf(items, name);
  const depth = depthOf(field);
  const own = (s.fields ?? []).filter((f) => f.name !== name);
  const titles = useRowTitles(own, rows, locale);
  const [open, setOpen] = useState<string | null>(null);
  const [said, say] = useState('');
  const moving = useRef<string | null>(null);
  const set = (next: Values[]) => onChange(next.length > 0 ? next : null);
  const noun = pick(s.item, t('item'));

  // The handle that was moved by keys keeps the focus, wherever it went.
  useEffect(() => {
    if (!moving.current) return;
    const handle = document.getElementById(`${frame.id}-${moving.current}-grip`);
    moving.current = null;
    handle?.focus();
    handle?.scrollIntoView({ block: 'nearest' });
  });
  const actsOf = (r: Row, title: string): Acts => {
    const { path, siblings, height } = r;
    const place = path.at(-1) as number;
    const above = path.slice(0, -1);
    const go = (next: Values[], words: string) => {
      moving.current = String(r.item.id);
      say(words);
      set(next);
    };
    return {
      up: () => place > 0 && go(shifted(items, name, path, place - 1), t('item.moved', { name: title, at: place, n: siblings })),
      down: () => place < siblings - 1 && go(shifted(items, name, path, place + 1), t('item.moved', { name: title, at: place + 2, n: siblings })),
      inward: () => {
        if (place === 0 || path.length + height >= depth) return;
        const parent = [...above, place - 1];
        const last = rows.filter((o) => o.path.length === parent.length + 1 && parent.every((step, i) => o.path[i] === step)).length;
        go(carried(items, name, path, parent, last), t('tree.inward.done', { name: title }));
      },
      outward: () => {
        if (above.length === 0) return;
        go(carried(items, name, path, above.slice(0, -1), (above.at(-1) as number) + 1), t('tree.outward.done', { name: title }));
      },
    };
  };
  const add = (parent: Path) => {
    const id = newItemID();
    set(added(items, name, parent, { id }));
    setOpen(id);
  };

  return (
    <Framed frame={frame}>
      <Stack gap={6} role="list">
        {rows.map((r) => {
          const id = String(r.item.id ?? r.path.join('.'));
          const title = titles(r.item) || t('tree.unnamed', { name: noun });
          return (
            <TreeRow
              key={id} id={`${frame.id}-${id}`} list={frame.id} row={r} depth={depth} title={title} detail={detailOf(own, r.item)} readOnly={frame.readOnly}
              acts={actsOf(r, title)} open={open === id} onOpen={() => setOpen(open === id ? null : id)}
              onRemove={() => set(withoutAt(items, name, r.path))}
              onAdd={() => add(r.path)}
              onDrop={(from, where) => {
                const place = r.path.at(-1) as number;
                set(where === 'inside' ? carried(items, name, from, r.path, listOf(r.item[name]).length) : carried(items, name, from, r.path.slice(0, -1), where === 'before' ? place : place + 1));
              }}
              wrong={at(problems, r.path, name).some((p) => !p.pointer.startsWith(`/${name}/`))}
            >
              <Form
                id={`${frame.id}-${id}`} fields={own} values={r.item} locale={locale} problems={at(problems, r.path, name)} readOnly={frame.readOnly} around={around}
                onChange={(part, v) => set(replacedAt(items, name, r.path, { ...r.item, [part]: v }))}
              />
            </TreeRow>
          );
        })}
      </Stack>
      <VisuallyHidden role="status">{said}</VisuallyHidden>
      {!frame.readOnly && items.length < (s.max || 1000) && (
        <Button mt="sm" id={`${frame.id}-add`} variant="light" size="compact-sm" leftSection={<IconPlus size={16} />} onClick={() => add([])}>{t('item.add', { name: noun })}</Button>
      )}
    </Framed>
  );
}

// An item is called by the first text that it has, else by the entry that it leads to.
function useRowTitles(fields: Field[], rows: Row[], locale: string): (item: Values) => string {
  const relations = fields.filter((f) => f.kind === 'relation');
  const ids = rows.flatMap((r) => relations.flatMap((f) => idsOf(r.item[f.name])));
  const found = useTitles([...new Set(relations.flatMap((f) => settingsOf<{ to: string[] }>(f).to ?? []))], ids, locale);
  const texts = fields.filter((f) => f.kind !== 'relation');
  return (item) =>
    textOf(item[texts[0]?.name ?? '']) ||
    relations.flatMap((f) => idsOf(item[f.name])).map((id) => found.get(id)?.title ?? '').find(Boolean) ||
    (texts.map((f) => textOf(item[f.name])).find(Boolean) ?? '');
}

// What else tells one item from another: its address, say.
const detailOf = (fields: Field[], item: Values) => fields.filter((f) => f.kind !== 'relation').slice(1).map((f) => textOf(item[f.name])).find(Boolean) ?? '';

type Where = 'before' | 'after' | 'inside';

interface RowProps {
  id: string;
  list: string;
  row: Row;
  depth: number;
  title: string;
  detail: string;
  readOnly: boolean;
  acts: Acts;
  open: boolean;
  wrong: boolean;
  onOpen(): void;
  onRemove(): void;
  onAdd(): void;
  onDrop(from: Path, where: Where): void;
  children: ReactNode;
}

function TreeRow({ id, list, row, depth, title, detail, readOnly, acts, open, wrong, onOpen, onRemove, onAdd, onDrop, children }: RowProps) {
  const { t, about, speech } = useI18n();
  const element = useRef<HTMLDivElement>(null);
  const handle = useRef<HTMLButtonElement>(null);
  const where = useTreeDrag({ element, handle, list, row, depth, off: readOnly, onDrop });
  const level = row.path.length;
  const shown = open || wrong;
  // Whoever opens an item means to write in it.
  useEffect(() => {
    if (open) document.querySelector<HTMLElement>(`#${CSS.escape(id)}-body input`)?.focus({ preventScroll: true });
  }, [open, id]);
  const place = row.path.at(-1) as number;
  const walk = (e: KeyboardEvent) => {
    const inward = directionOf(speech) === 'rtl' ? 'ArrowLeft' : 'ArrowRight';
    const outward = directionOf(speech) === 'rtl' ? 'ArrowRight' : 'ArrowLeft';
    const act = { ArrowUp: acts.up, ArrowDown: acts.down, [inward]: acts.inward, [outward]: acts.outward }[e.key];
    if (!act) return;
    e.preventDefault();
    act();
  };
  const tool = (label: string, icon: ReactNode, act: () => void, off: boolean) => (
    <ActionIcon variant="subtle" disabled={off} aria-label={about(label, title)} title={label} onClick={act}>{icon}</ActionIcon>
  );
  return (
    <Paper
      ref={element} withBorder px="xs" py={4} radius="md" role="listitem" aria-label={t('tree.level', { name: title, n: level })}
      className={where ? `drop-${where}` : undefined} style={{ marginInlineStart: `calc(${level - 1} * var(--tree-step, 28px))` }} data-level={level}
    >
      <Group justify="space-between" gap={4} wrap="wrap">
        <Group gap="xs" wrap="nowrap" style={{ minWidth: 0, flex: '1 1 10rem' }}>
          {!readOnly && (
            <ActionIcon ref={handle} id={`${id}-grip`} variant="subtle" color="gray" className="grip" aria-label={t('item.move', { name: title })} aria-describedby={`${list}-help`} onKeyDown={walk}>
              <IconGripVertical size={18} />
            </ActionIcon>
          )}
          <Text size="sm" fw={600} truncate dir="auto" c={wrong ? 'red.8' : undefined}>{title}</Text>
          {detail && detail !== title && <Text size="xs" c="dimmed" truncate dir="auto">{detail}</Text>}
        </Group>
        <Group gap={0} wrap="nowrap">
          {!readOnly && (
            <>
              {tool(t('tree.up'), <IconArrowUp size={16} />, acts.up, place === 0)}
              {tool(t('tree.down'), <IconArrowDown size={16} />, acts.down, place === row.siblings - 1)}
              {tool(t('tree.outward'), <IconIndentDecrease size={16} className="flips" />, acts.outward, level === 1)}
              {tool(t('tree.inward'), <IconIndentIncrease size={16} className="flips" />, acts.inward, place === 0 || level + row.height >= depth)}
              {tool(t('tree.add'), <IconPlus size={16} />, onAdd, level >= depth)}
            </>
          )}
          <ActionIcon variant="subtle" aria-expanded={shown} aria-controls={`${id}-body`} aria-label={about(t('tree.edit'), title)} title={t('tree.edit')} onClick={onOpen}><IconPencil size={16} /></ActionIcon>
          {!readOnly && <ActionIcon variant="subtle" color="red" aria-label={t('item.remove', { name: title })} onClick={onRemove}><IconTrash size={16} /></ActionIcon>}
        </Group>
      </Group>
      <Collapse expanded={shown} id={`${id}-body`}>{shown && <div className="tree-body">{children}</div>}</Collapse>
    </Paper>
  );
}

interface DragOptions {
  element: React.RefObject<HTMLDivElement | null>;
  handle: React.RefObject<HTMLButtonElement | null>;
  list: string;
  row: Row;
  depth: number;
  off: boolean;
  onDrop(from: Path, where: Where): void;
}

// Where a dragged item would go: before this one, after it, or below it.
function useTreeDrag({ element, handle, list, row, depth, off, onDrop }: DragOptions): Where | null {
  const [where, setWhere] = useState<Where | null>(null);
  const latest = useRef({ row, onDrop });
  latest.current = { row, onDrop };
  useEffect(() => {
    if (off || !element.current || !handle.current) return;
    const box = element.current;
    const place = (y: number, dragged: { path: Path; height: number }): Where => {
      const { top, height } = box.getBoundingClientRect();
      const part = (y - top) / height;
      const fits = latest.current.row.path.length + 1 + dragged.height <= depth;
      if (fits && part > 0.3 && part < 0.7) return 'inside';
      return part < 0.5 ? 'before' : 'after';
    };
    const may = (dragged: { path: Path; height: number }) => {
      const { path } = latest.current.row;
      return !dragged.path.every((step, i) => path[i] === step) && path.length + dragged.height <= depth;
    };
    const stops = [
      draggable({ element: box, dragHandle: handle.current, getInitialData: () => ({ list, path: latest.current.row.path, height: latest.current.row.height }) }),
      dropTargetForElements({
        element: box,
        canDrop: ({ source }) => source.data.list === list && may(source.data as never),
        onDrag: ({ source, location }) => setWhere(place(location.current.input.clientY, source.data as never)),
        onDragLeave: () => setWhere(null),
        onDrop: ({ source, location }) => {
          setWhere(null);
          latest.current.onDrop(source.data.path as Path, place(location.current.input.clientY, source.data as never));
        },
      }),
    ];
    return () => stops.forEach((stop) => stop());
  }, [element, handle, list, depth, off]);
  return where;
}
