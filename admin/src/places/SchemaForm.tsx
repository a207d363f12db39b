import { NumberInput, Select, Switch, TagsInput, TextInput, Textarea } from '@mantine/core';
import { below, type FieldProblem } from '../api/problem';
import type { Schema } from '../api/plugins';
import { written } from '../fields/written';
import { useI18n } from '../i18n/i18n';
import { equal } from '../lib/equal';

interface Props {
  schema: Schema;
  values: Record<string, unknown>;
  onChange(values: Record<string, unknown>): void;
  problems: FieldProblem[];
  id: string;
}

/** A form from a JSON Schema of settings, with labels in the reader's language. */
export function SchemaForm({ schema, values, onChange, problems, id }: Props) {
  const names = Object.entries(schema.properties ?? {})
    .sort(([, a], [, b]) => (a['x-order'] ?? 1000) - (b['x-order'] ?? 1000))
    .filter(([, s]) => Object.entries(s['x-visible-if'] ?? {}).every(([other, wanted]) => equal(values[other] ?? schema.properties?.[other]?.default, wanted)));
  const set = (name: string, value: unknown) => {
    const next = { ...values, [name]: value };
    if (value === undefined || value === '' || value === null) delete next[name];
    onChange(next);
  };
  return names.map(([name, s]) => (
    <Setting key={name} id={`${id}-${name}`} name={name} schema={s} required={schema.required?.includes(name) ?? false} value={values[name]} onChange={(v) => set(name, v)} error={below(problems, name)[0]?.detail} />
  ));
}

interface SettingProps {
  id: string;
  name: string;
  schema: Schema;
  required: boolean;
  value: unknown;
  onChange(value: unknown): void;
  error?: string;
}

const types: Record<string, string> = { email: 'email', uri: 'url', date: 'date' };

function Setting({ id, name, schema, required, value, onChange, error }: SettingProps) {
  const { pick, t } = useI18n();
  const shared = { id, label: pick(schema['x-label'], schema.title ?? name), description: pick(schema['x-help'], schema.description) || undefined, error, withAsterisk: required };
  const fallback = schema.default === undefined ? undefined : String(schema.default);
  if (schema.enum) {
    const data = schema.enum.map((v) => ({ value: String(v), label: pick(schema['x-options']?.[String(v)], String(v)) }));
    return <Select {...shared} data={data} clearable={!required} clearButtonProps={{ 'aria-label': t('clear') }} placeholder={fallback} value={value === undefined ? null : String(value)} onChange={(v) => onChange(schema.enum?.find((one) => String(one) === v))} />;
  }
  switch (schema.type) {
    case 'boolean':
      return <Switch id={id} label={shared.label} description={shared.description} error={error} checked={Boolean(value ?? schema.default)} onChange={(e) => onChange(e.currentTarget.checked)} />;
    case 'integer':
    case 'number':
      return <NumberInput {...shared} min={schema.minimum} max={schema.maximum} clampBehavior="none" allowDecimal={schema.type === 'number'} hideControls placeholder={fallback} value={typeof value === 'number' ? value : ''} onChange={(v) => onChange(typeof v === 'number' ? v : undefined)} />;
    case 'array':
      return <TagsInput {...shared} value={Array.isArray(value) ? value.map(String) : []} onChange={(v) => onChange(v.length > 0 ? v : undefined)} />;
  }
  const text = { ...shared, ...written('auto'), maxLength: schema.maxLength, placeholder: fallback, value: typeof value === 'string' ? value : '' };
  if (schema.format === 'textarea') return <Textarea {...text} autosize minRows={3} onChange={(e) => onChange(e.currentTarget.value)} />;
  return <TextInput {...text} type={types[schema.format ?? ''] ?? 'text'} onChange={(e) => onChange(e.currentTarget.value)} />;
}
