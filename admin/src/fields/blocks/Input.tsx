import { ActionIcon, Button, Collapse, Group, Menu, Stack, Text } from '@mantine/core';
import { IconChevronDown, IconChevronRight, IconPlus } from '@tabler/icons-react';
import { memo, useCallback, useState } from 'react';
import type { FieldProblem } from '../../api/problem';
import type { Field, Texts, Values } from '../../api/types';
import { useI18n } from '../../i18n/i18n';
import { Framed } from '../Framed';
import { within } from '../list/Input';
import { newItemID, useItems, type ItemActs } from '../list/items';
import { Sortable } from '../list/Sortable';
import { settingsOf, textOf, type InputProps } from '../types';

interface BlockType {
  id: string;
  name: string;
  label?: Texts;
  help?: Texts;
  fields?: Field[];
}

interface Settings {
  types: BlockType[];
  max: number;
  inherit: boolean;
}

export function Input({ field, frame, value, onChange, around, problems, locale, Form }: InputProps) {
  const { t } = useI18n();
  const s = settingsOf<Settings>(field);
  const source = s.inherit && around ? around : field;
  const types = settingsOf<Settings>(source).types ?? [];
  const { items: blocks, acts } = useItems(value, onChange);
  // All folded or unfolded at once; each may be turned after that.
  const [folded, fold] = useState({ all: false, turn: 0 });
  return (
    <Framed frame={frame}>
      <Stack gap="sm">
        {blocks.length > 2 && (
          <Group justify="end">
            <Button variant="subtle" size="compact-xs" onClick={() => fold({ all: !folded.all, turn: folded.turn + 1 })}>
              {t(folded.all ? 'blocks.unfold' : 'blocks.fold')}
            </Button>
          </Group>
        )}
        {blocks.map((block, i) => (
          <Block
            key={`${String(block.id ?? i)}.${folded.turn}`}
            list={frame.id}
            block={block}
            acts={acts}
            type={types.find((type) => type.name === block.type)}
            index={i}
            count={blocks.length}
            unfolded={!folded.all}
            problems={within(problems, i)}
            readOnly={frame.readOnly}
            locale={locale}
            Form={Form}
            around={source}
          />
        ))}
        {!frame.readOnly && blocks.length < (s.max || 1000) && (
          <AddBlock id={`${frame.id}-add`} types={types} onAdd={(type) => acts.add({ id: newItemID(), type })} />
        )}
      </Stack>
    </Framed>
  );
}

interface BlockProps {
  list: string;
  block: Values;
  acts: ItemActs;
  type?: BlockType;
  index: number;
  count: number;
  unfolded: boolean;
  problems: FieldProblem[];
  readOnly: boolean;
  locale: string;
  Form: InputProps['Form'];
  around: Field;
}

const none: Field[] = [];

// Of many blocks only the one that is being written in is drawn again.
const Block = memo(function Block({ list, block, acts, type, index, count, unfolded, problems, readOnly, locale, Form, around }: BlockProps) {
  const { t, pick } = useI18n();
  const [open, setOpen] = useState(unfolded);
  const label = pick(type?.label, textOf(block.type));
  const name = `${label} (${index + 1})`;
  const id = `${list}-${String(block.id ?? index)}`;
  const change = useCallback((part: string, v: unknown) => acts.change(index, { ...block, [part]: v }), [acts, index, block]);
  return (
    <Sortable
      list={list} index={index} count={count} name={name} readOnly={readOnly} onMove={acts.move} onRemove={acts.remove}
      title={<>{label} <Text span c="dimmed" size="sm" dir="auto">{open ? '' : summary(block)}</Text></>}
      tools={
        <ActionIcon variant="subtle" aria-expanded={open} aria-controls={`${id}-body`} aria-label={t(open ? 'item.fold' : 'item.unfold', { name })} onClick={() => setOpen(!open)}>
          {open ? <IconChevronDown size={18} /> : <IconChevronRight size={18} className="flips" />}
        </ActionIcon>
      }
    >
      <Collapse expanded={open} id={`${id}-body`}>
        <Form id={id} fields={type?.fields ?? none} values={block} onChange={change} locale={locale} problems={problems} readOnly={readOnly} around={around} />
      </Collapse>
    </Sortable>
  );
});

// The first words of a folded block.
function summary(block: Values): string {
  const words = Object.entries(block).find(([name, v]) => name !== 'id' && name !== 'type' && typeof v === 'string');
  return textOf(words?.[1]).slice(0, 80);
}

function AddBlock({ id, types, onAdd }: { id: string; types: BlockType[]; onAdd(type: string): void }) {
  const { t, pick } = useI18n();
  return (
    <Menu position="bottom-start" width={320}>
      <Menu.Target>
        <Button id={id} variant="light" size="compact-sm" style={{ alignSelf: 'flex-start' }} leftSection={<IconPlus size={16} />}>
          {t('blocks.add')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={420} style={{ overflowY: 'auto' }}>
        {types.map((type) => (
          <Menu.Item key={type.id} onClick={() => onAdd(type.name)}>
            <Text size="sm" fw={500}>{pick(type.label, type.name)}</Text>
            <Text size="xs" c="dimmed">{pick(type.help)}</Text>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
