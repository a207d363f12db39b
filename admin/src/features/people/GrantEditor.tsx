import { Checkbox, Group, MultiSelect, Select, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useCollections } from '../../api/collections';
import type { Grant } from '../../api/people';
import type { FieldProblem } from '../../api/problem';
import type { Collection, Field } from '../../api/types';
import { Picker } from '../../fields/relation/Picker';
import { useTargets } from '../../fields/relation/targets';
import { optionsOf } from '../../fields/select/options';
import { written } from '../../fields/written';
import { useI18n } from '../../i18n/i18n';
import { otherThings, reachOf, rowsOf, verbsOn, type Reach } from './rights';
import { useWords } from './useWords';

interface Props {
  grant: Grant;
  id: string;
  problems: FieldProblem[];
  onChange(grant: Grant): void;
}

/** One right: on what, what, which of the entries, which of the fields. */
export function GrantEditor({ grant, id, problems, onChange }: Props) {
  const { t, pick } = useI18n();
  const words = useWords();
  const collections = useCollections();
  const collection = words.collectionOf(grant.collection);
  const entries = !grant.collection.startsWith('@');
  const places = [
    { group: t('right.entries'), items: [{ value: '*', label: words.on('*') }, ...collections.map((c) => ({ value: c.id, label: pick(c.label, c.name) }))] },
    { group: t('right.others'), items: otherThings.map((v) => ({ value: v, label: words.on(v) })) },
  ];
  // Rows and fields of one collection mean nothing on another.
  const move = (to: string | null) => to && onChange({ collection: to, verbs: grant.verbs.filter((v) => verbsOn(to).includes(v)) });
  return (
    <Stack gap="sm">
      <Text size="sm" fw={600} dir="auto">{words.sentence(grant)}</Text>
      <Select label={t('right.where')} data={places} value={grant.collection} onChange={move} searchable allowDeselect={false} maw={420} nothingFoundMessage={t('nothing_found')} />
      <Checkbox.Group label={t('right.what')} value={grant.verbs} onChange={(verbs) => onChange({ ...grant, verbs })} error={problems.find((p) => p.pointer.endsWith('/verbs'))?.detail}>
        <Group gap="sm" mt={6}>
          {verbsOn(grant.collection).map((v) => <Checkbox key={v} value={v} label={words.verb(v)} />)}
        </Group>
      </Checkbox.Group>
      {entries && <ReachEditor id={id} grant={grant} collection={collection} problems={problems} onChange={onChange} />}
      {collection && (
        <>
          <Checkbox
            label={t('right.all_fields')} checked={!grant.fields}
            onChange={(e) => onChange({ ...grant, fields: e.currentTarget.checked ? undefined : [] })}
          />
          {grant.fields && (
            <MultiSelect
              label={t('right.fields')} searchable value={grant.fields} onChange={(fields) => onChange({ ...grant, fields })}
              data={collection.fields.map((f) => ({ value: f.id, label: pick(f.label, f.name) }))} clearable clearButtonProps={{ 'aria-label': t('clear') }}
              nothingFoundMessage={t('nothing_found')}
            />
          )}
        </>
      )}
    </Stack>
  );
}

const simple = new Set(['select', 'boolean', 'number', 'text', 'relation', 'terms', 'slug', 'email']);
const status: Field = { id: 'status', name: 'status', kind: 'select' };

interface ReachProps extends Props {
  collection?: Collection;
}

function ReachEditor({ id, grant, collection, problems, onChange }: ReachProps) {
  const { t } = useI18n();
  const words = useWords();
  const [reach, setReach] = useState<Reach>(() => reachOf(grant.rows));
  const [broken, setBroken] = useState(false);
  const fields = [status, ...(collection?.fields.filter((f) => simple.has(f.kind)) ?? [])];
  const change = (next: Reach) => {
    setReach(next);
    try {
      const rows = rowsOf(next, collection);
      setBroken(false);
      onChange({ ...grant, rows });
    } catch {
      setBroken(true);
    }
  };
  const begin = (mode: Reach['mode'] | null) => {
    if (mode === 'condition') change({ mode, field: 'status', op: '_eq', value: 'published' });
    else if (mode === 'filter') change({ mode, text: JSON.stringify(grant.rows ?? {}, null, 1) });
    else if (mode) change({ mode });
  };
  const modes = (['all', 'own', 'association', 'condition', 'filter'] as const).map((m) => ({ value: m, label: t(`reach.${m}`) }));
  const error = problems.find((p) => p.pointer.includes('/rows'))?.detail;
  return (
    <Stack gap="xs">
      <Select label={t('right.which')} data={modes} value={reach.mode} allowDeselect={false} maw={420} onChange={(m) => begin(m as Reach['mode'])} error={reach.mode === 'filter' ? undefined : error} />
      {reach.mode === 'condition' && (
        <Group align="end" gap="xs">
          <Select
            label={t('bulk.field')} data={fields.map((f) => ({ value: f.name, label: words.fieldName(grant.collection, f.name) }))} value={reach.field} searchable allowDeselect={false}
            onChange={(f) => f && change({ ...reach, field: f, value: '' })}
          />
          <Select
            aria-label={t('reach.how')} w={110} allowDeselect={false} value={reach.op} data={[{ value: '_eq', label: t('op.eq') }, { value: '_neq', label: t('op.neq') }]}
            onChange={(op) => change({ ...reach, op: op as '_eq' | '_neq' })}
          />
          <Operand id={id} field={fields.find((f) => f.name === reach.field) ?? status} value={reach.value} onChange={(value) => change({ ...reach, value })} />
        </Group>
      )}
      {reach.mode === 'filter' && (
        <Textarea
          label={t('reach.filter_json')} description={t('reach.filter_help')} autosize minRows={3} ff="monospace" attributes={{ input: { dir: 'ltr' } }} value={reach.text}
          error={broken ? t('json.broken') : error} onChange={(e) => change({ mode: 'filter', text: e.currentTarget.value })}
        />
      )}
    </Stack>
  );
}

function Operand({ id, field, value, onChange }: { id: string; field: Field; value: string; onChange(v: string): void }) {
  const { t, pick } = useI18n();
  const targets = { ...useTargets(field), many: false };
  const label = t('reach.value');
  if (field.name === 'status') {
    const data = (['draft', 'scheduled', 'published', 'changed'] as const).map((s) => ({ value: s, label: t(`status.${s}`) }));
    return <Select label={label} data={data} value={value || null} onChange={(v) => onChange(v ?? '')} />;
  }
  if (field.kind === 'select') return <Select label={label} data={optionsOf(field, pick)} value={value || null} searchable onChange={(v) => onChange(v ?? '')} />;
  if (field.kind === 'boolean') {
    return <Select label={label} data={[{ value: 'true', label: t('yes') }, { value: 'false', label: t('no') }]} value={value || null} onChange={(v) => onChange(v ?? '')} />;
  }
  if (field.kind === 'relation' || field.kind === 'terms') {
    return <Picker frame={{ id: `${id}-operand`, label, withAsterisk: false, readOnly: false }} targets={targets} ids={value ? [value] : []} onChange={(ids) => onChange(ids[0] ?? '')} />;
  }
  return <TextInput label={label} {...written('auto')} value={value} onChange={(e) => onChange(e.currentTarget.value)} />;
}
