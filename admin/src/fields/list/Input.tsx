import { Button, Stack } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { memo, useCallback } from 'react';
import { below, type FieldProblem } from '../../api/problem';
import type { Field, Texts, Values } from '../../api/types';
import { useI18n } from '../../i18n/i18n';
import { Framed } from '../Framed';
import { settingsOf, type FormProps, type InputProps } from '../types';
import { newItemID, useItems, type ItemActs } from './items';
import { Sortable } from './Sortable';
import { depthOf } from './tree';
import { TreeInput } from './TreeInput';

interface Settings {
  fields: Field[];
  max: number;
  item: Texts;
}

/** A list of items; one whose items hold lists of the same name is a tree. */
export function Input(props: InputProps) {
  return depthOf(props.field) > 1 ? <TreeInput {...props} /> : <PlainList {...props} />;
}

function PlainList({ field, frame, value, onChange, locale, problems, Form, around }: InputProps) {
  const { t, pick } = useI18n();
  const s = settingsOf<Settings>(field);
  const { items, acts } = useItems(value, onChange);
  const name = pick(s.item, t('item'));
  return (
    <Framed frame={frame}>
      <Stack gap="sm">
        {items.map((item, i) => (
          <Item
            key={String(item.id ?? i)}
            list={frame.id}
            index={i}
            count={items.length}
            name={`${name} ${i + 1}`}
            item={item}
            acts={acts}
            fields={s.fields ?? none}
            locale={locale}
            problems={within(problems, i)}
            readOnly={frame.readOnly}
            Form={Form}
            around={around}
          />
        ))}
        {!frame.readOnly && items.length < (s.max || 1000) && (
          <div>
            <Button id={`${frame.id}-add`} variant="light" size="compact-sm" leftSection={<IconPlus size={16} />} onClick={() => acts.add({ id: newItemID() })}>
              {t('item.add', { name })}
            </Button>
          </div>
        )}
      </Stack>
    </Framed>
  );
}

const none: Field[] = [];
const fine: FieldProblem[] = [];

/** The problems of one item: the same empty list where there are none. */
export function within(problems: FieldProblem[], index: number): FieldProblem[] {
  const found = problems.length > 0 ? below(problems, String(index)) : fine;
  return found.length > 0 ? found : fine;
}

interface ItemProps extends Omit<FormProps, 'values' | 'onChange' | 'id'> {
  list: string;
  index: number;
  count: number;
  name: string;
  item: Values;
  acts: ItemActs;
  Form: InputProps['Form'];
}

const Item = memo(function Item({ list, index, count, name, item, acts, readOnly, Form, ...rest }: ItemProps) {
  const change = useCallback((part: string, v: unknown) => acts.change(index, { ...item, [part]: v }), [acts, index, item]);
  return (
    <Sortable list={list} index={index} count={count} name={name} title={name} readOnly={readOnly} onMove={acts.move} onRemove={acts.remove}>
      <Form id={`${list}-${String(item.id ?? index)}`} values={item} onChange={change} readOnly={readOnly} {...rest} />
    </Sortable>
  );
});
