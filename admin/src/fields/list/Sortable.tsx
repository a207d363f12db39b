import { draggable, dropTargetForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter';
import { ActionIcon, Group, Paper, Text, VisuallyHidden } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconGripVertical, IconTrash } from '@tabler/icons-react';
import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode, type RefObject } from 'react';
import { useI18n } from '../../i18n/i18n';

interface Props {
  /** The list that it is an item of: nothing is dropped into another one. */
  list: string;
  index: number;
  count: number;
  /** What the buttons speak of, for those who do not see where they stand. */
  name: string;
  title: ReactNode;
  readOnly: boolean;
  onMove(from: number, to: number): void;
  onRemove(at: number): void;
  /** Further buttons before the title. */
  tools?: ReactNode;
  children?: ReactNode;
}

type Edge = 'before' | 'after';

/**
 * One item of a list that people order: by drag, by the arrow keys on its
 * handle, or by buttons.
 */
export function Sortable({ list, index, count, name, title, readOnly, onMove, onRemove, tools, children }: Props) {
  const { t } = useI18n();
  const item = useRef<HTMLDivElement>(null);
  const handle = useRef<HTMLButtonElement>(null);
  const edge = useDrag({ item, handle, list, index, onMove, off: readOnly });
  const { said, walk } = useWalk({ handle, index, count, name, onMove });
  return (
    <Paper ref={item} withBorder p="sm" radius="md" role="group" aria-label={name} data-item={index} className={edge ? `drop-${edge}` : undefined}>
      <Group justify="space-between" wrap="nowrap" mb={children ? 'xs' : 0}>
        <Group gap="xs" wrap="nowrap" style={{ minWidth: 0 }}>
          {!readOnly && (
            <ActionIcon ref={handle} variant="subtle" color="gray" className="grip" aria-label={t('item.move', { name })} onKeyDown={walk}>
              <IconGripVertical size={18} />
            </ActionIcon>
          )}
          {tools}
          <Text fw={600} size="sm" truncate component="div">{title}</Text>
        </Group>
        {!readOnly && (
          <Group gap={4} wrap="nowrap">
            <ActionIcon variant="subtle" disabled={index === 0} aria-label={t('item.up', { name })} onClick={() => onMove(index, index - 1)}><IconArrowUp size={18} /></ActionIcon>
            <ActionIcon variant="subtle" disabled={index === count - 1} aria-label={t('item.down', { name })} onClick={() => onMove(index, index + 1)}><IconArrowDown size={18} /></ActionIcon>
            <ActionIcon variant="subtle" color="red" aria-label={t('item.remove', { name })} onClick={() => onRemove(index)}><IconTrash size={18} /></ActionIcon>
          </Group>
        )}
      </Group>
      {children}
      <VisuallyHidden role="status">{said}</VisuallyHidden>
    </Paper>
  );
}

interface Drag {
  item: RefObject<HTMLDivElement | null>;
  handle: RefObject<HTMLButtonElement | null>;
  list: string;
  index: number;
  onMove(from: number, to: number): void;
  off: boolean;
}

// Where a dragged item would go: before or after this one.
function useDrag({ item, handle, list, index, onMove, off }: Drag): Edge | null {
  const [edge, setEdge] = useState<Edge | null>(null);
  useEffect(() => {
    if (off || !item.current || !handle.current) return;
    const element = item.current;
    const side = (y: number): Edge => {
      const box = element.getBoundingClientRect();
      return y < box.top + box.height / 2 ? 'before' : 'after';
    };
    const stops = [
      draggable({ element, dragHandle: handle.current, getInitialData: () => ({ list, index }) }),
      dropTargetForElements({
        element,
        canDrop: ({ source }) => source.data.list === list,
        onDrag: ({ source, location }) => setEdge(source.data.index === index ? null : side(location.current.input.clientY)),
        onDragLeave: () => setEdge(null),
        onDrop: ({ source, location }) => {
          setEdge(null);
          const from = source.data.index as number;
          const place = side(location.current.input.clientY) === 'after' ? index + 1 : index;
          onMove(from, from < place ? place - 1 : place);
        },
      }),
    ];
    return () => stops.forEach((stop) => stop());
  }, [item, handle, list, index, onMove, off]);
  return edge;
}

interface Walk {
  handle: RefObject<HTMLButtonElement | null>;
  index: number;
  count: number;
  name: string;
  onMove(from: number, to: number): void;
}

// Arrow keys on the handle move the item; the handle keeps the focus, and what
// happened is said.
function useWalk({ handle, index, count, name, onMove }: Walk) {
  const { t } = useI18n();
  const [said, say] = useState('');
  const walking = useRef(false);
  useEffect(() => {
    if (!walking.current) return;
    walking.current = false;
    handle.current?.focus();
    handle.current?.scrollIntoView({ block: 'nearest' });
    say(t('item.moved', { name, at: index + 1, n: count }));
  }, [index]); // eslint-disable-line react-hooks/exhaustive-deps
  const walk = (e: KeyboardEvent) => {
    const to = { ArrowUp: index - 1, ArrowDown: index + 1, Home: 0, End: count - 1 }[e.key];
    if (to === undefined) return;
    e.preventDefault();
    if (to < 0 || to >= count || to === index) return;
    walking.current = true;
    onMove(index, to);
  };
  return { said, walk };
}
