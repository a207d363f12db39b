import { ActionIcon, Button, Collapse, Fieldset, Group, Paper, Stack, TextInput } from '@mantine/core';
import { IconChevronDown, IconPlus, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import type { Field, Texts, Values } from '../../api/types';
import { replaced, without } from '../../fields/list/move';
import { listOf, objectOf } from '../../fields/types';
import { written } from '../../fields/written';
import { directionOf, speeches, useI18n } from '../../i18n/i18n';
import { FieldList } from './FieldList';

/** The types that blocks may have, each with fields of its own. */
export function BlockTypes({ types, onChange }: { types: unknown; onChange(types: Values[]): void }) {
  const { t, pick, languageName } = useI18n();
  const all = listOf(types).map(objectOf);
  const [open, setOpen] = useState<number | null>(null);
  const add = () => {
    const n = all.length + 1;
    const name = [n, n + 1, n + 2].map((i) => `block_${i}`).find((one) => !all.some((b) => b.name === one || b.id === one)) ?? `block_${Date.now()}`;
    onChange([...all, { id: name, name, fields: [] }]);
    setOpen(all.length);
  };
  return (
    <Fieldset legend={t('model.block_types')}>
      <Stack gap="xs">
        {all.map((b, i) => {
          const label = pick(b.label as Texts | undefined, String(b.name));
          const set = (part: Values) => onChange(replaced(all, i, { ...b, ...part }));
          return (
            <Paper key={String(b.id)} withBorder p="xs">
              <Group justify="space-between" wrap="nowrap">
                <Button variant="subtle" size="compact-sm" rightSection={<IconChevronDown size={14} />} aria-expanded={open === i} onClick={() => setOpen(open === i ? null : i)}>{label}</Button>
                <ActionIcon variant="subtle" color="red" aria-label={t('item.remove', { name: label })} onClick={() => onChange(without(all, i))}><IconTrash size={16} /></ActionIcon>
              </Group>
              <Collapse expanded={open === i}>
                {open === i && (
                  <Stack gap="xs" mt="xs">
                    <TextInput label={t('model.name')} dir="ltr" value={String(b.name)} onChange={(e) => set({ name: e.currentTarget.value })} />
                    {speeches.map((l) => (
                      <TextInput key={l} label={t('model.label_in', { language: languageName(l) })} {...written(directionOf(l), l)} value={objectOf(b.label)[l] as string ?? ''} onChange={(e) => set({ label: { ...objectOf(b.label), [l]: e.currentTarget.value } })} />
                    ))}
                    <FieldList nested fields={listOf(b.fields) as Field[]} onChange={(fields) => set({ fields })} />
                  </Stack>
                )}
              </Collapse>
            </Paper>
          );
        })}
        <Group><Button variant="light" size="compact-sm" leftSection={<IconPlus size={16} />} onClick={add}>{t('model.block_add')}</Button></Group>
      </Stack>
    </Fieldset>
  );
}
