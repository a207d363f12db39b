import { ActionIcon, Badge, Button, Group, Table, Text } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconPencil, IconPlus, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import type { Field } from '../../api/types';
import { moved, without } from '../../fields/list/move';
import { useI18n } from '../../i18n/i18n';
import { FieldDialog } from './FieldDialog';

interface Props {
  fields: Field[];
  onChange(fields: Field[]): void;
  /** Fields inside of another: these have a language and a protection with it. */
  nested?: boolean;
}

/** The fields of a collection, of a group or of a block, in the order of the form. */
export function FieldList({ fields, onChange, nested = false }: Props) {
  const { t, pick } = useI18n();
  const [open, setOpen] = useState<{ at: number; field?: Field } | null>(null);
  const take = (field: Field) => {
    onChange(open && open.at < fields.length ? fields.map((f, i) => (i === open.at ? field : f)) : [...fields, field]);
    setOpen(null);
  };
  return (
    <>
      <Table aria-label={t('model.fields')} verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t('model.label')}</Table.Th>
            <Table.Th scope="col" visibleFrom="sm">{t('model.kind')}</Table.Th>
            <Table.Th scope="col" visibleFrom="sm">{t('model.marks')}</Table.Th>
            <Table.Th scope="col">{t('acts.column')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {fields.map((f, i) => {
            const label = pick(f.label, f.name);
            return (
              <Table.Tr key={f.id}>
                <Table.Td>
                  <Text size="sm" fw={600}>{label}</Text>
                  <Text size="xs" c="dimmed" ff="monospace" dir="ltr" component="span">{f.name}</Text>
                </Table.Td>
                <Table.Td visibleFrom="sm">{t(`kind.${f.kind}` as never)}</Table.Td>
                <Table.Td visibleFrom="sm">
                  <Group gap={4}>
                    {f.required && <Badge variant="default" className="status">{t('model.required')}</Badge>}
                    {f.localized && <Badge variant="default" className="status">{t('model.localized')}</Badge>}
                    {f.unique && <Badge variant="default" className="status">{t('model.unique')}</Badge>}
                    {f.personal && <Badge variant="default" className="status">{t('model.personal')}</Badge>}
                  </Group>
                </Table.Td>
                <Table.Td>
                  <Group gap={2} wrap="nowrap">
                    <ActionIcon variant="subtle" aria-label={t('model.edit', { name: label })} onClick={() => setOpen({ at: i, field: f })}><IconPencil size={16} /></ActionIcon>
                    <ActionIcon variant="subtle" disabled={i === 0} aria-label={t('item.up', { name: label })} onClick={() => onChange(moved(fields, i, i - 1))}><IconArrowUp size={16} /></ActionIcon>
                    <ActionIcon variant="subtle" disabled={i === fields.length - 1} aria-label={t('item.down', { name: label })} onClick={() => onChange(moved(fields, i, i + 1))}><IconArrowDown size={16} /></ActionIcon>
                    <ActionIcon variant="subtle" color="red" aria-label={t('item.remove', { name: label })} onClick={() => onChange(without(fields, i))}><IconTrash size={16} /></ActionIcon>
                  </Group>
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
      <Button mt="sm" variant="light" leftSection={<IconPlus size={16} />} onClick={() => setOpen({ at: fields.length })}>{t('model.add')}</Button>
      <FieldDialog opened={open !== null} field={open?.field} fields={fields} nested={nested} onClose={() => setOpen(null)} onTake={take} />
    </>
  );
}
