import { ActionIcon, Group, NumberInput, Select, Text, TextInput } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import type { Field } from '../../../api/types';
import { Picker } from '../../../fields/relation/Picker';
import { useTargets } from '../../../fields/relation/targets';
import { fromLocal, toLocal } from '../../../fields/datetime/instant';
import { optionsOf } from '../../../fields/select/options';
import { written } from '../../../fields/written';
import { useI18n, type Key } from '../../../i18n/i18n';
import { comparisonOf, operators } from './filter';
import type { Condition } from './search';
import { useFieldName } from './useFieldName';

interface LineProps {
  field: Field;
  condition: Condition;
  onChange(next: Condition): void;
  onRemove(): void;
}

/** One condition of a list: its field, how it compares, with what. */
export function FilterLine({ field, condition, onChange, onRemove }: LineProps) {
  const { t } = useI18n();
  const name = useFieldName()(field);
  const ops = operators[comparisonOf(field)];
  return (
    <Group gap={6} wrap="wrap" role="group" aria-label={name} className="card">
      <Text size="sm" fw={600}>{name}</Text>
      {ops.length > 1 && (
        <Select
          size="xs" w={130} aria-label={t('filter.how', { name })} allowDeselect={false}
          data={ops.map((op) => ({ value: op, label: t(`op.${op.slice(1)}` as Key) }))}
          value={condition.op}
          onChange={(op) => onChange({ ...condition, op: op ?? condition.op, value: op === '_null' ? 'true' : condition.op === '_null' ? '' : condition.value })}
        />
      )}
      <Operand field={field} name={name} condition={condition} onChange={(value) => onChange({ ...condition, value })} />
      <ActionIcon variant="subtle" size="sm" aria-label={t('filter.remove', { name })} onClick={onRemove}><IconX size={14} /></ActionIcon>
    </Group>
  );
}

interface OperandProps {
  field: Field;
  name: string;
  condition: Condition;
  onChange(value: string): void;
}

function Operand({ field, name, condition, onChange }: OperandProps) {
  const { t, pick } = useI18n();
  const comparison = comparisonOf(field);
  const shared = { size: 'xs' as const, 'aria-label': t('filter.what', { name }) };
  const yesNo = [{ value: 'true', label: t('yes') }, { value: 'false', label: t('no') }];
  if (condition.op === '_null' || comparison === 'boolean') {
    return <Select {...shared} w={90} data={yesNo} value={condition.value} allowDeselect={false} onChange={(v) => onChange(v ?? '')} />;
  }
  if (field.name === 'status') {
    const statuses = (['draft', 'scheduled', 'published', 'changed'] as const).map((s) => ({ value: s, label: t(`status.${s}`) }));
    return <Select {...shared} w={160} data={statuses} value={condition.value || null} onChange={(v) => onChange(v ?? '')} />;
  }
  if (field.kind === 'select') {
    return <Select {...shared} w={200} searchable data={optionsOf(field, pick)} value={condition.value || null} onChange={(v) => onChange(v ?? '')} />;
  }
  if (comparison === 'keys') return <TargetOperand field={field} name={shared['aria-label']} value={condition.value} onChange={onChange} />;
  if (comparison === 'number') {
    return <NumberInput {...shared} w={110} hideControls value={condition.value === '' ? '' : Number(condition.value)} onChange={(v) => onChange(String(v))} />;
  }
  if (comparison === 'date') return <TextInput {...shared} type="date" dir="ltr" value={condition.value} onChange={(e) => onChange(e.currentTarget.value)} />;
  if (comparison === 'datetime') {
    return <TextInput {...shared} type="datetime-local" dir="ltr" value={toLocal(condition.value)} onChange={(e) => onChange(fromLocal(e.currentTarget.value) ?? '')} />;
  }
  return <TextInput {...shared} w={160} {...written('auto')} value={condition.value} onChange={(e) => onChange(e.currentTarget.value)} />;
}

function TargetOperand({ field, name, value, onChange }: { field: Field; name: string; value: string; onChange(v: string): void }) {
  const targets = { ...useTargets(field), many: false };
  const frame = { id: `filter-${field.name}`, label: undefined, 'aria-label': name, size: 'xs', withAsterisk: false, readOnly: false };
  return <Picker frame={frame} targets={targets} ids={value ? [value] : []} onChange={(ids) => onChange(ids[0] ?? '')} />;
}
