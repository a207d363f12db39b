import { Button, Group, Menu, ScrollArea } from '@mantine/core';
import { IconFilter } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import type { Collection, Field } from '../../../api/types';
import { useI18n } from '../../../i18n/i18n';
import { comparisonOf, filterable, operators } from './filter';
import type { Condition } from './search';
import { useFieldName } from './useFieldName';

// Most lists have no condition, and need no control for one.
const FilterLine = lazy(() => import('./FilterLine').then((m) => ({ default: m.FilterLine })));

interface Props {
  collection: Collection;
  conditions: Condition[];
  onChange(conditions: Condition[] | undefined): void;
}

/** The conditions of a list, one line each. */
export function Filters({ collection, conditions, onChange }: Props) {
  const { t } = useI18n();
  const name = useFieldName();
  const fields = filterable(collection);
  const set = (next: Condition[]) => onChange(next.length > 0 ? next : undefined);
  const add = (field: Field) => {
    const comparison = comparisonOf(field);
    const op = operators[comparison][0] as string;
    set([...conditions, { field: field.name, op, value: comparison === 'boolean' || op === '_null' ? 'true' : '' }]);
  };
  return (
    <Group mb="sm" gap="sm" align="center">
      {conditions.map((c, i) => {
        const field = fields.find((f) => f.name === c.field);
        return field && (
          <Suspense key={`${c.field}-${i}`} fallback={null}>
            <FilterLine
              field={field}
              condition={c}
              onChange={(next) => set(conditions.map((old, j) => (j === i ? next : old)))}
              onRemove={() => set(conditions.filter((_, j) => j !== i))}
            />
          </Suspense>
        );
      })}
      <Menu position="bottom-start" width={260}>
        <Menu.Target>
          <Button variant="subtle" size="compact-sm" leftSection={<IconFilter size={16} />}>{t('filter.add')}</Button>
        </Menu.Target>
        <Menu.Dropdown>
          <ScrollArea.Autosize mah={360} type="auto">
            {fields.map((f) => <Menu.Item key={f.id} onClick={() => add(f)}>{name(f)}</Menu.Item>)}
          </ScrollArea.Autosize>
        </Menu.Dropdown>
      </Menu>
    </Group>
  );
}
