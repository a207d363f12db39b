import { Button, Checkbox, Group, Modal, Select, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client';
import { useModel } from '../../api/collections';
import type { Collection, Field, Texts } from '../../api/types';
import { ProblemAlert } from '../../components/Problem';
import { useAttempt } from '../../components/useAttempt';
import { written } from '../../fields/written';
import { directionOf, speeches, useI18n, type Key } from '../../i18n/i18n';
import { nameFrom } from './FieldDialog';
import { tidied } from './kindSettings';

interface Props {
  /** None: a new one. */
  collection?: Collection;
  onClose(): void;
  onDone(name: string): void;
}

interface Draft {
  name: string;
  label: Texts;
  label_one: Texts;
  group: string;
  title: string;
  singleton: boolean;
  review: boolean;
}

// A new collection begins with what names its entries.
const first = (speech: string, t: (key: Key) => string): Field => ({ id: 'title', name: 'title', kind: 'text', label: { [speech]: t('model.first_field') }, localized: true, required: true, sortable: true, weight: 4 });

/** What a collection is besides its fields. */
export function CollectionDialog({ collection, onClose, onDone }: Props) {
  const { t, languageName, named, pick, speech } = useI18n();
  const cache = useQueryClient();
  const { busy, wrong, attempt } = useAttempt();
  const groups = [...new Set(useModel().map((c) => c.group ?? 'site'))];
  const [draft, setDraft] = useState<Draft>({
    name: collection?.name ?? '', label: collection?.label ?? {}, label_one: collection?.label_one ?? {}, group: collection?.group ?? 'site',
    title: collection?.title ?? 'title', singleton: collection?.singleton ?? false, review: collection?.review ?? false,
  });
  const set = (part: Partial<Draft>) => setDraft((old) => ({ ...old, ...part }));
  const save = async () => {
    const body = { ...draft, label: tidied(draft.label), label_one: tidied(draft.label_one), singleton: draft.singleton || undefined, review: draft.review || undefined };
    const done = await attempt(() =>
      collection
        ? api.PATCH('/collections/{collection}', {
            params: { path: { collection: collection.name } }, headers: { 'If-Match': `"${collection.revision}"` },
            body: { ...body, singleton: draft.singleton || null, review: draft.review || null } as never,
          })
        : api.POST('/collections', { body: { ...body, id: draft.name, fields: [first(speech, t)] } as never }),
    );
    if (!done) return;
    await cache.invalidateQueries({ queryKey: ['collections'] });
    await cache.invalidateQueries({ queryKey: ['permissions'] });
    onDone(draft.name);
  };
  const label = (l: string, text: string) => {
    const follows = !collection && /^[\p{Script=Latin}\s\d'’-]+$/u.test(text) && (draft.name === '' || draft.name === nameFrom(draft.label[l] ?? ''));
    set({ label: { ...draft.label, [l]: text }, name: follows ? nameFrom(text) : draft.name });
  };
  return (
    <Modal opened onClose={onClose} size="lg" title={collection ? t('model.about_of', { name: pick(collection.label, collection.name) }) : t('model.new')} closeButtonProps={{ 'aria-label': t('close') }}>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          void save();
        }}
      >
        <Stack>
          {wrong && <ProblemAlert error={wrong} />}
          {wrong?.errors.map((p) => <p key={p.pointer + p.code} role="alert">{p.detail}</p>)}
          {(['label', 'label_one'] as const).map((part) => (
            <SimpleGrid key={part} cols={{ base: 1, sm: 3 }}>
              {speeches.map((l, i) => (
                <TextInput
                  key={l} label={t(`model.${part}_in` as Key, { language: languageName(l) })} {...written(directionOf(l), l)} value={draft[part][l] ?? ''} data-autofocus={(part === 'label' && i === 0) || undefined}
                  onChange={(e) => (part === 'label' ? label(l, e.currentTarget.value) : set({ label_one: { ...draft.label_one, [l]: e.currentTarget.value } }))}
                />
              ))}
            </SimpleGrid>
          ))}
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <TextInput label={t('model.name')} description={t('model.name_form')} required dir="ltr" maxLength={60} value={draft.name} onChange={(e) => set({ name: e.currentTarget.value })} />
            <Select label={t('model.group')} description={t('model.group_help')} allowDeselect={false} value={draft.group} data={groups.map((g) => ({ value: g, label: named('group', g) }))} onChange={(g) => g && set({ group: g })} />
          </SimpleGrid>
          {collection && (
            <Select label={t('model.title_field')} allowDeselect={false} value={draft.title} data={collection.fields.map((f) => ({ value: f.id, label: pick(f.label, f.name) }))} onChange={(f) => f && set({ title: f })} />
          )}
          <Checkbox label={t('model.singleton')} checked={draft.singleton} onChange={(e) => set({ singleton: e.currentTarget.checked })} />
          <Checkbox label={t('model.review')} checked={draft.review} onChange={(e) => set({ review: e.currentTarget.checked })} />
          <Group justify="end">
            <Button variant="default" onClick={onClose}>{t('cancel')}</Button>
            <Button type="submit" loading={busy} disabled={!/^[a-z][a-z0-9_]*$/.test(draft.name)}>{t(collection ? 'save' : 'model.create')}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
