import { Button, Checkbox as Box, Group, Modal, MultiSelect, NumberInput, Select as Choice, Stack, Text, TextInput, Textarea as Area } from '@mantine/core';
import { IconClock } from '@tabler/icons-react';
import { useContext, useMemo, useState, type FormEvent } from 'react';
import type { Tone, TreeNode } from '../api/places';
import { below } from '../api/problem';
import type { Schema } from '../api/plugins';
import type { Values } from '../api/types';
import { fromLocal, toLocal } from '../fields/datetime/instant';
import { written } from '../fields/written';
import { useI18n } from '../i18n/i18n';
import { FormContext, useActing } from './context';
import { SchemaForm } from './SchemaForm';
import { colorOf } from './tones';
import { Tree } from './Tree';

interface Props {
  node: TreeNode;
}

const words = (value: unknown): string => (typeof value === 'string' ? value : '');

// What the controls of a form hold at first: their own values, and those of
// the form for what it makes from a schema.
function initial(node: TreeNode): Values {
  const out: Values = { ...((node.values ?? {}) as Values) };
  const look = (n: TreeNode) => {
    if (typeof n.name === 'string' && n.value !== undefined) out[n.name] = n.value;
    else if (typeof n.name === 'string' && n.type === 'checkbox') out[n.name] = false;
    n.children?.forEach(look);
    if (Array.isArray(n.tabs)) for (const tab of n.tabs as TreeNode[]) tab.children?.forEach(look);
  };
  node.children?.forEach(look);
  return out;
}

/** Controls that are sent together. What was typed stays until the plugin has taken it. */
export function Form({ node }: Props) {
  const { act, busy, problems } = useActing();
  const [typed, setTyped] = useState<Values>({});
  const first = useMemo(() => initial(node), [node]);
  const values = { ...first, ...typed };
  const send = (action: string, more: Values = {}) => void act(action, { ...values, ...more }).then((taken) => taken && setTyped({}));
  const submit = (e: FormEvent) => {
    e.preventDefault();
    send(words(node.action));
  };
  const state = { values, set: (name: string, value: unknown) => setTyped((old) => ({ ...old, [name]: value })), send };
  return (
    <FormContext.Provider value={state}>
      <form onSubmit={submit}>
        <Stack gap="md" maw={640}>
          {node.children?.map((n, i) => <Tree key={n.id ?? i} node={n} />)}
          {node.schema !== undefined && <SchemaForm id={node.id ?? words(node.action)} schema={node.schema as Schema} values={values} onChange={setTyped} problems={problems} />}
          <Group><Button type="submit" loading={busy === node.action}>{words(node.submit)}</Button></Group>
        </Stack>
      </form>
    </FormContext.Provider>
  );
}

/** Something to press; it may ask first whether it is meant. */
export function ActionButton({ node }: Props) {
  const { t } = useI18n();
  const { act, busy, waiting } = useActing();
  const form = useContext(FormContext);
  const waits = !form && waiting.some((p) => p.action === node.action && JSON.stringify(p.values) === JSON.stringify(node.values ?? {}));
  const [asking, setAsking] = useState(false);
  const action = words(node.action);
  const tone = node.tone as Tone | undefined;
  const confirm = node.confirm as { title: string; text?: string; button: string } | undefined;
  const press = () => {
    setAsking(false);
    const own = (node.values ?? {}) as Values;
    if (form) form.send(action, own);
    else void act(action, own);
  };
  const color = tone && tone !== 'neutral' ? `${colorOf(tone)}.8` : undefined;
  return (
    <>
      <Button
        size="compact-sm" variant={tone && tone !== 'neutral' ? 'filled' : 'default'} color={color} style={{ alignSelf: 'flex-start' }}
        disabled={node.disabled === true || waits} leftSection={waits && <IconClock size={14} />} loading={busy === action && !confirm} onClick={() => (confirm ? setAsking(true) : press())}
      >
        {words(node.label)}
      </Button>
      {confirm && (
        <Modal opened={asking} onClose={() => setAsking(false)} title={confirm.title} closeButtonProps={{ 'aria-label': t('close') }}>
          <Stack>
            {confirm.text && <Text size="sm">{confirm.text}</Text>}
            <Group justify="end">
              <Button variant="default" onClick={() => setAsking(false)}>{t('cancel')}</Button>
              <Button color={tone === 'danger' ? 'red.8' : undefined} data-autofocus onClick={press}>{confirm.button}</Button>
            </Group>
          </Stack>
        </Modal>
      )}
    </>
  );
}

// What a control has, whether it stands in a form or alone.
function useControl(node: TreeNode) {
  const form = useContext(FormContext);
  const { problems } = useActing();
  const [alone, setAlone] = useState<unknown>(node.value);
  const name = words(node.name);
  return {
    value: form ? form.values[name] : alone,
    set: (value: unknown) => (form ? form.set(name, value) : setAlone(value)),
    shared: {
      label: words(node.label), description: words(node.help) || undefined, required: node.required === true,
      error: below(problems, name)[0]?.detail, placeholder: words(node.placeholder) || undefined,
    },
  };
}

const types: Record<string, string> = { email: 'email', url: 'url', search: 'search', date: 'date' };

/** A line to fill in. */
export function Input({ node }: Props) {
  const { value, set, shared } = useControl(node);
  const kind = words(node.kind);
  if (kind === 'number') return <NumberInput {...shared} hideControls value={typeof value === 'number' ? value : ''} onChange={(v) => set(typeof v === 'number' ? v : null)} />;
  if (kind === 'datetime') return <TextInput {...shared} type="datetime-local" value={toLocal(words(value))} onChange={(e) => set(fromLocal(e.currentTarget.value))} />;
  const auto = kind === 'date' ? {} : written(kind === 'email' || kind === 'url' ? 'ltr' : 'auto');
  return <TextInput {...shared} {...auto} type={types[kind] ?? 'text'} maxLength={typeof node.max_length === 'number' ? node.max_length : undefined} value={words(value)} onChange={(e) => set(e.currentTarget.value)} />;
}

export function Textarea({ node }: Props) {
  const { value, set, shared } = useControl(node);
  return <Area {...shared} {...written('auto')} autosize minRows={typeof node.rows === 'number' ? node.rows : 3} maxRows={40} value={words(value)} onChange={(e) => set(e.currentTarget.value)} />;
}

export function Select({ node }: Props) {
  const { t } = useI18n();
  const { value, set, shared } = useControl(node);
  const data = node.options as { value: string; label: string }[];
  const search = { data, searchable: data.length > 8, nothingFoundMessage: t('nothing_found'), clearButtonProps: { 'aria-label': t('clear') } };
  if (node.multiple === true) return <MultiSelect {...shared} {...search} value={Array.isArray(value) ? value.map(String) : []} onChange={set} />;
  return <Choice {...shared} {...search} clearable={!shared.required} allowDeselect={!shared.required} value={words(value) || null} onChange={set} />;
}

export function Checkbox({ node }: Props) {
  const { value, set, shared } = useControl(node);
  return <Box label={shared.label} description={shared.description} error={shared.error} checked={value === true} onChange={(e) => set(e.currentTarget.checked)} />;
}
