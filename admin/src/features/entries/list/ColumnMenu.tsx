import { ActionIcon, Button, Checkbox, Group, Popover, ScrollArea, Stack, Text } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconColumns3 } from '@tabler/icons-react';
import { titleField } from '../../../api/collections';
import type { Collection, Field } from '../../../api/types';
import { cells } from '../../../fields/cells';
import { useI18n } from '../../../i18n/i18n';

const most = 8;

interface Props {
  collection: Collection;
  columns: string[];
  onChange(columns: string[]): void;
}

/** Which columns a list has, and in what order: those that are shown come first. */
export function ColumnMenu({ collection, columns, onChange }: Props) {
  const { t, pick } = useI18n();
  const title = titleField(collection);
  const able = collection.fields.filter((f) => f.name !== title && cells[f.kind]?.Cell);
  const shown = columns.flatMap((c) => able.find((f) => f.name === c) ?? []);
  const name = (f: Field) => pick(f.label, f.name);
  const move = (at: number, by: number) => {
    const next = [...columns];
    const [one] = next.splice(at, 1);
    next.splice(at + by, 0, one as string);
    onChange(next);
  };
  return (
    <Popover position="bottom-end" trapFocus width={320} withinPortal>
      <Popover.Target>
        <Button variant="default" leftSection={<IconColumns3 size={16} />} visibleFrom="sm">{t('list.columns')}</Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t('list.columns')}>
        <ScrollArea.Autosize mah={360} type="auto">
          <Stack gap="xs">
            {shown.map((f, i) => (
              <Group key={f.id} justify="space-between" wrap="nowrap" gap="xs">
                <Checkbox checked label={name(f)} onChange={() => onChange(columns.filter((c) => c !== f.name))} />
                <Group gap={2} wrap="nowrap">
                  <ActionIcon variant="subtle" size="sm" disabled={i === 0} aria-label={t('item.up', { name: name(f) })} onClick={() => move(i, -1)}><IconArrowUp size={14} /></ActionIcon>
                  <ActionIcon variant="subtle" size="sm" disabled={i === shown.length - 1} aria-label={t('item.down', { name: name(f) })} onClick={() => move(i, 1)}><IconArrowDown size={14} /></ActionIcon>
                </Group>
              </Group>
            ))}
            {columns.length >= most && <Text size="xs" c="dimmed">{t('list.columns.most', { n: most })}</Text>}
            {able.filter((f) => !columns.includes(f.name)).map((f) => (
              <Checkbox key={f.id} checked={false} label={name(f)} disabled={columns.length >= most} onChange={() => onChange([...columns, f.name])} />
            ))}
          </Stack>
        </ScrollArea.Autosize>
      </Popover.Dropdown>
    </Popover>
  );
}
