import { Alert, Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState, type ComponentType } from 'react';
import { titleField } from '../../api/collections';
import { createEntry } from '../../api/entries';
import { asProblem, type FieldProblem } from '../../api/problem';
import type { Collection, Field, Values } from '../../api/types';
import { useI18n } from '../../i18n/i18n';
import type { FormProps } from '../types';

interface Props {
  /** What is to be made; null: nothing. */
  wanted: { collection: Collection; title: string } | null;
  locale: string;
  /** What the new entry has from the start, such as the scheme of a term. */
  given?: Values;
  Form: ComponentType<FormProps>;
  onClose(): void;
  onCreated(id: string): void;
}

/** Makes an entry without leaving the one that is to point at it. */
export function CreateDialog({ wanted, onClose, ...rest }: Props) {
  const { t, pick } = useI18n();
  const name = wanted ? pick(wanted.collection.label_one, wanted.collection.name) : '';
  return (
    <Modal opened={wanted !== null} onClose={onClose} size="lg" title={t('relation.new', { name })} closeButtonProps={{ 'aria-label': t('close') }}>
      {wanted && <Asking key={wanted.collection.id} {...wanted} {...rest} onClose={onClose} />}
    </Modal>
  );
}

/** The few fields that a new entry needs: its title, and what must not stay empty. */
export function neededFields(collection: Collection, given: Values): Field[] {
  const title = titleField(collection);
  return collection.fields.filter((f) => (f.name === title || f.required) && f.kind !== 'slug' && !(f.name in given));
}

function Asking({ collection, title, locale, given = {}, Form, onClose, onCreated }: Omit<Props, 'wanted'> & { collection: Collection; title: string }) {
  const { t } = useI18n();
  const cache = useQueryClient();
  const heading = titleField(collection);
  const [values, setValues] = useState<Values>(heading ? { [heading]: title || null } : {});
  const [problems, setProblems] = useState<FieldProblem[]>([]);
  const [wrong, setWrong] = useState('');
  const [busy, setBusy] = useState(false);
  const key = useRef(crypto.randomUUID());
  const create = async () => {
    setBusy(true);
    setWrong('');
    try {
      const { entry } = await createEntry(collection.name, { [locale]: { ...given, ...values } }, key.current);
      await cache.invalidateQueries({ queryKey: ['entries', collection.name] });
      onCreated(entry.id);
    } catch (error) {
      const problem = asProblem(error);
      key.current = crypto.randomUUID(); // what is sent next is another thing
      setProblems(problem.errors.map((p) => ({ ...p, pointer: p.pointer.replace(/^\/locales\/[^/]+/, '') })));
      setWrong(problem.message || t('offline'));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        e.stopPropagation(); // a dialog in a dialog
        void create();
      }}
    >
      <Stack>
        {wrong && <Alert color="red" role="alert">{wrong}</Alert>}
        <Form
          id={`new-${collection.name}`}
          fields={neededFields(collection, given)}
          values={values}
          onChange={(name, v) => setValues((all) => ({ ...all, [name]: v }))}
          locale={locale}
          problems={problems}
          readOnly={false}
        />
        <Text size="xs" c="dimmed">{t('relation.new_help')}</Text>
        <Group justify="end">
          <Button variant="default" onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" loading={busy}>{t('relation.create')}</Button>
        </Group>
      </Stack>
    </form>
  );
}
