import { Button, Group, Modal, SegmentedControl, Select, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useLocales, useRights } from '../../../../api/session';
import type { Collection, Field } from '../../../../api/types';
import { Form } from '../../../../fields/Form';
import { settingsOf } from '../../../../fields/types';
import { useI18n } from '../../../../i18n/i18n';
import type { FieldChange } from './acts';

interface Props {
  collection: Collection;
  n: number;
  onClose(): void;
  onChange(change: FieldChange): void;
}

// Fields that hold several keys can also have some added or taken away.
function several(field: Field): boolean {
  const s = settingsOf<{ many: boolean; multiple: boolean }>(field);
  return field.kind === 'terms' || (field.kind === 'relation' && s.many === true) || (field.kind === 'select' && s.multiple === true);
}

/** Asks which field of many entries gets what value. */
export function ChangeDialog({ collection, n, onClose, onChange }: Props) {
  const { t, pick, languageName, speech } = useI18n();
  const locales = useLocales();
  const may = useRights().fields('update', collection.name);
  const fields = collection.fields.filter((f) => !f.unique && f.id !== collection.slug && (may?.includes(f.name) ?? true));
  const [name, setName] = useState<string | null>(fields.find(several)?.name ?? null);
  const [way, setWay] = useState<FieldChange['way']>(fields.some(several) ? 'add' : 'set');
  const [locale, setLocale] = useState(locales.includes(speech) ? speech : (locales[0] ?? speech));
  const [value, setValue] = useState<unknown>(null);
  const field = fields.find((f) => f.name === name);
  const choose = (next: string | null) => {
    const chosen = fields.find((f) => f.name === next);
    setName(next);
    setValue(null);
    setWay(chosen && several(chosen) ? 'add' : 'set');
  };
  return (
    <Modal opened onClose={onClose} size="lg" title={t('bulk.change')} closeButtonProps={{ 'aria-label': t('close') }}>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (field) onChange({ field: field.name, way, value, locale: field.localized ? locale : undefined });
        }}
      >
        <Stack>
          <Select
            label={t('bulk.field')} searchable allowDeselect={false} value={name} onChange={choose} data-autofocus
            data={fields.map((f) => ({ value: f.name, label: pick(f.label, f.name) }))} nothingFoundMessage={t('nothing_found')}
          />
          {field && several(field) && (
            <SegmentedControl
              aria-label={t('bulk.way')} value={way} onChange={(v) => setWay(v as FieldChange['way'])}
              data={(['add', 'take', 'set'] as const).map((w) => ({ value: w, label: t(`bulk.way.${w}`) }))}
            />
          )}
          {field?.localized && (
            <Select
              label={t('bulk.locale')} allowDeselect={false} value={locale} onChange={(l) => l && setLocale(l)}
              data={locales.map((l) => ({ value: l, label: languageName(l) }))}
            />
          )}
          {field && (
            <Form
              id="bulk" fields={[{ ...field, required: false }]} values={{ [field.name]: value }} onChange={(_, v) => setValue(v)}
              locale={field.localized ? locale : speech} problems={[]} readOnly={false}
            />
          )}
          <Text size="sm" c="dimmed">{t('bulk.change.help', { n })}</Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>{t('cancel')}</Button>
            <Button type="submit" disabled={!field || (way !== 'set' && value == null)}>{t('bulk.change')}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
