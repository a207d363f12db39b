import { Alert, Button, Group, Paper, Select, Text, Title } from '@mantine/core';
import { IconDownload, IconEye, IconPlus, IconSettings, IconUpload } from '@tabler/icons-react';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { named, useModel } from '../../api/collections';
import { useLocales } from '../../api/session';
import type { Collection, Field, Values } from '../../api/types';
import { PageHead } from '../../components/Page';
import { Form } from '../../fields/Form';
import { useI18n } from '../../i18n/i18n';
import { download } from '../../lib/csv';
import { CheckDialog } from './CheckDialog';
import { CollectionDialog } from './CollectionDialog';
import { FieldList } from './FieldList';
import { writtenModel } from './modelFile';

/** The fields of a collection: nothing changes before one has seen what that does. */
export function ModelScreen() {
  const { t, pick } = useI18n();
  const go = useNavigate();
  const collections = useModel();
  const { collection: name } = useParams({ from: '/model/$collection' });
  const collection = named(collections, name);
  const [asking, setAsking] = useState<'new' | 'about' | null>(null);
  if (!collection) return collections.length > 0 ? <Text>{t('collection.none', { name })}</Text> : null;
  const open = (next: string) => void go({ to: '/model/$collection', params: { collection: next } });
  return (
    <>
      <PageHead title={t('model.of', { name: pick(collection.label, collection.name) })}>
        <Select
          aria-label={t('model.collection')} searchable allowDeselect={false} value={collection.name}
          data={collections.map((c) => ({ value: c.name, label: pick(c.label, c.name) }))}
          onChange={(next) => next && open(next)}
        />
        <Button leftSection={<IconPlus size={16} />} onClick={() => setAsking('new')}>{t('model.new')}</Button>
      </PageHead>
      <Group mb="md" gap="xs">
        <Button variant="default" size="compact-sm" leftSection={<IconSettings size={14} />} onClick={() => setAsking('about')}>{t('model.about')}</Button>
        <Button variant="default" size="compact-sm" leftSection={<IconDownload size={14} />} onClick={() => download(new Blob([writtenModel(collections)], { type: 'application/json' }), `model-${new Date().toISOString().slice(0, 10)}.json`)}>{t('model.export')}</Button>
        <Button component={Link} to="/model-import" variant="default" size="compact-sm" leftSection={<IconUpload size={14} />}>{t('model.import')}</Button>
      </Group>
      <Fields key={`${collection.id}.${collection.revision}`} collection={collection} />
      {asking && (
        <CollectionDialog collection={asking === 'about' ? collection : undefined} onClose={() => setAsking(null)} onDone={(made) => { setAsking(null); open(made); }} />
      )}
    </>
  );
}

function Fields({ collection }: { collection: Collection }) {
  const { t } = useI18n();
  const [fields, setFields] = useState(collection.fields);
  const [checking, setChecking] = useState(false);
  const [shown, setShown] = useState(false);
  const changed = fields !== collection.fields;
  return (
    <>
      <FieldList fields={fields} onChange={setFields} />
      {changed && <Alert color="blue" my="md" role="status">{t('model.unsaved')}</Alert>}
      <Group mt="md">
        <Button disabled={!changed} onClick={() => setChecking(true)}>{t('model.check')}</Button>
        {changed && <Button variant="default" onClick={() => setFields(collection.fields)}>{t('cancel')}</Button>}
        <Button variant="default" leftSection={<IconEye size={16} />} aria-expanded={shown} onClick={() => setShown(!shown)}>{t('model.preview')}</Button>
      </Group>
      {shown && <FormPreview fields={fields} />}
      <CheckDialog opened={checking} collection={collection} change={{ fields }} onClose={() => setChecking(false)} />
    </>
  );
}

/** The form as editors will have it; what is typed there goes nowhere. */
function FormPreview({ fields }: { fields: Field[] }) {
  const { t } = useI18n();
  const [locale] = useLocales();
  const [values, setValues] = useState<Values>({});
  return (
    <Paper withBorder p="md" mt="md" maw={820} component="section" aria-label={t('model.preview')}>
      <Title order={2} size="h4">{t('model.preview')}</Title>
      <Text size="sm" c="dimmed" mb="md">{t('model.preview_help')}</Text>
      <Form id="preview" fields={fields} values={values} onChange={(name, value) => setValues((old) => ({ ...old, [name]: value }))} locale={locale ?? 'fr'} problems={[]} readOnly={false} />
    </Paper>
  );
}
