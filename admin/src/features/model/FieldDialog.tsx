import { Button, Checkbox, Fieldset, Modal, Select, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useModel } from '../../api/collections';
import type { Field, Values } from '../../api/types';
import { cells } from '../../fields/cells';
import { Form } from '../../fields/Form';
import { objectOf } from '../../fields/types';
import { written } from '../../fields/written';
import { directionOf, speeches, useI18n, type Key } from '../../i18n/i18n';
import { BlockTypes } from './BlockTypes';
import { FieldList } from './FieldList';
import { holdsFields, settingsOfKind, tidied } from './kindSettings';

interface Props {
  opened: boolean;
  /** None: a new one. */
  field?: Field;
  /** Those beside it. */
  fields: Field[];
  nested: boolean;
  onClose(): void;
  onTake(field: Field): void;
}

/** What a field is: its names, its kind with the settings of that, and what holds for it. */
export function FieldDialog({ opened, field, onClose, ...rest }: Props) {
  const { t, pick } = useI18n();
  return (
    <Modal opened={opened} onClose={onClose} size="lg" title={field ? t('model.edit', { name: pick(field.label, field.name) }) : t('model.add')} closeButtonProps={{ 'aria-label': t('close') }}>
      {opened && <Asking field={field} {...rest} />}
    </Modal>
  );
}

// What holds for a field besides its kind; nested fields have the first only.
const marks: { name: 'required' | 'localized' | 'unique' | 'personal' | 'facet' | 'sortable'; nested?: boolean }[] = [
  { name: 'required', nested: true }, { name: 'localized' }, { name: 'unique' }, { name: 'personal' }, { name: 'facet' }, { name: 'sortable' },
];

// A name for programs from a label: "Nombre de places" is nombre_de_places.
export const nameFrom = (label: string) =>
  label.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^[_0-9]+|_+$/g, '').slice(0, 60);

function Asking({ field, fields, nested, onTake }: Omit<Props, 'opened' | 'onClose'>) {
  const { t, languageName, speech, pick } = useI18n();
  const collections = useModel();
  const [draft, setDraft] = useState<Field>(field ?? { id: '', name: '', kind: 'text', localized: nested ? undefined : true });
  const settings = (draft.settings ?? {}) as Values;
  const taken = fields.map((f) => f.name).filter((n) => n !== field?.name);
  const malformed = draft.name !== '' && !/^[a-z][a-z0-9_]*$/.test(draft.name);
  const nameError = malformed ? t('model.name_form') : taken.includes(draft.name) ? t('model.name_taken') : undefined;
  const set = (name: string, value: unknown) => setDraft({ ...draft, settings: { ...settings, [name]: value } });
  const described = settingsOfKind(draft.kind, { t, languageName, speech, pick, collections, fields, settings });
  const label = (l: string, text: string) => {
    // Until it has a name of its own, a new field is called after its label.
    const follows = !field && /^[\p{Script=Latin}\s\d'’-]+$/u.test(text) && (draft.name === '' || draft.name === nameFrom(draft.label?.[l] ?? ''));
    setDraft({ ...draft, label: { ...draft.label, [l]: text }, name: follows ? nameFrom(text) : draft.name });
  };
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        e.stopPropagation(); // a dialog in a dialog is not its form
        // The id of a field is for ever; its name may change.
        onTake({ ...draft, id: field?.id ?? draft.name, label: tidied(draft.label ?? {}) as Field['label'], help: tidied(draft.help ?? {}) as Field['help'], settings: tidied(settings) });
      }}
    >
      <Stack>
        <SimpleGrid cols={{ base: 1, sm: 3 }}>
          {speeches.map((l, i) => (
            <TextInput key={l} label={t('model.label_in', { language: languageName(l) })} {...written(directionOf(l), l)} value={draft.label?.[l] ?? ''} onChange={(e) => label(l, e.currentTarget.value)} data-autofocus={i === 0 || undefined} />
          ))}
        </SimpleGrid>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <Select
            label={t('model.kind')} searchable allowDeselect={false} value={draft.kind}
            data={Object.keys(cells).map((k) => ({ value: k, label: t(`kind.${k}` as Key) }))}
            onChange={(kind) => kind && kind !== draft.kind && setDraft({ ...draft, kind, settings: kind === field?.kind ? field.settings : undefined })}
          />
          <TextInput label={t('model.name')} description={t('model.name_form')} required dir="ltr" maxLength={60} value={draft.name} error={nameError} onChange={(e) => setDraft({ ...draft, name: e.currentTarget.value })} />
        </SimpleGrid>
        {described.length > 0 && (
          <Fieldset legend={t('model.settings_of', { kind: t(`kind.${draft.kind}` as Key) })}>
            <Form id="setting" fields={described} values={settings} onChange={set} locale={speech} problems={[]} readOnly={false} />
          </Fieldset>
        )}
        {holdsFields(draft.kind) && (
          <Fieldset legend={t('model.fields_in')}>
            <FieldList nested fields={(settings.fields ?? []) as Field[]} onChange={(v) => set('fields', v)} />
          </Fieldset>
        )}
        {draft.kind === 'blocks' && settings.inherit !== true && <BlockTypes types={settings.types} onChange={(v) => set('types', v)} />}
        <Fieldset legend={t('model.marks')}>
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            {marks.filter((m) => !nested || m.nested).map(({ name }) => (
              <Checkbox key={name} label={t(`model.${name}`)} description={name === 'required' ? t('model.required_help') : undefined} checked={draft[name] ?? false} onChange={(e) => setDraft({ ...draft, [name]: e.currentTarget.checked || undefined })} />
            ))}
          </SimpleGrid>
          {!nested && (
            <Select
              mt="sm" label={t('model.visibility')} allowDeselect={false} value={draft.visibility ?? ''}
              data={['', 'members', 'coordinators'].map((v) => ({ value: v, label: t(`model.visibility.${v || 'public'}` as Key) }))}
              onChange={(v) => setDraft({ ...draft, visibility: v || undefined })}
            />
          )}
        </Fieldset>
        <Fieldset legend={t('model.help')}>
          <SimpleGrid cols={{ base: 1, sm: 3 }}>
            {speeches.map((l) => (
              <TextInput key={l} label={languageName(l)} {...written(directionOf(l), l)} value={objectOf(draft.help)[l] as string ?? ''} onChange={(e) => setDraft({ ...draft, help: { ...draft.help, [l]: e.currentTarget.value } })} />
            ))}
          </SimpleGrid>
        </Fieldset>
        <Button type="submit" disabled={!draft.name || nameError !== undefined}>{t(field ? 'model.take' : 'model.add_one')}</Button>
      </Stack>
    </form>
  );
}
