import { useState, type ComponentType } from 'react';
import { Loader, MultiSelect, Select, type ComboboxItem, type ComboboxItemGroup, type OptionsFilter } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useRights } from '../../api/session';
import { useTitles } from '../../api/titles';
import type { Collection } from '../../api/types';
import { useI18n } from '../../i18n/i18n';
import type { FormProps, Frame } from '../types';
import { CreateDialog } from './CreateDialog';
import { useChoices, type Targets } from './targets';

// The server has searched: nothing more is to be left out.
const everything: OptionsFilter = ({ options }) => options;

// The value of a choice that makes a new entry; no id begins so.
const making = '+';

interface Props {
  frame: Frame;
  targets: Targets;
  ids: string[];
  onChange(ids: string[]): void;
  /** Where an entry that is not there may be made: the form that asks for it, and the language that it is written in. */
  create?: { Form: ComponentType<FormProps>; locale: string };
}

/** Chooses entries by their titles, by search, or makes one that is not there yet. */
export function Picker({ frame, targets, ids, onChange, create }: Props) {
  const { t, pick, speech } = useI18n();
  const rights = useRights();
  const [text, setText] = useState('');
  const [open, setOpen] = useState(false);
  const [wanted] = useDebouncedValue(text, 200);
  const [made, setMade] = useState<{ collection: Collection; title: string } | null>(null);
  const titles = useTitles(targets.collections.map((c) => c.id), ids, speech);
  const label = (id: string) => titles.get(id)?.title || id;
  // The text of a closed control is the title of what is chosen, not a search.
  const typed = (s: string) => (ids.some((id) => label(id) === s) ? '' : s);
  const choices = useChoices(targets, typed(wanted), speech, open);

  const makers = create && !frame.readOnly ? targets.collections.filter((c) => !c.singleton && rights.may('create', c.name)) : [];
  const groups: ComboboxItemGroup<ComboboxItem>[] = targets.collections.map((c) => ({
    group: targets.collections.length > 1 ? pick(c.label, c.name) : '',
    items: (choices.data ?? [])
      .filter((e) => e.collection === c.id && !ids.includes(e.id))
      .map((e) => ({ value: e.id, label: e.title })),
  }));
  groups.unshift({ group: '', items: ids.map((id) => ({ value: id, label: label(id) })) });
  groups.push({
    group: '',
    items: makers.map((c) => ({ value: making + c.name, label: t('relation.new', { name: pick(c.label_one, c.name) }) + (typed(text) ? ` « ${typed(text)} »` : '') })),
  });

  const choose = (next: string[]) => {
    const maker = makers.find((c) => next.includes(making + c.name));
    if (maker) setMade({ collection: maker, title: typed(text) });
    else onChange(next);
  };
  const shared = {
    ...frame,
    data: groups.filter((g) => g.items.length > 0),
    filter: everything,
    searchable: true,
    onDropdownOpen: () => setOpen(true),
    onDropdownClose: () => setOpen(false),
    onSearchChange: setText,
    nothingFoundMessage: choices.isFetching ? t('loading') : t('nothing_found'),
    clearButtonProps: { 'aria-label': t('clear') },
    rightSection: choices.isFetching ? <Loader size="xs" /> : undefined,
  };
  return (
    <>
      {targets.many ? (
        <MultiSelect {...shared} searchValue={text} value={ids} maxValues={targets.max} hidePickedOptions onChange={choose} />
      ) : (
        <Select {...shared} value={ids[0] ?? null} clearable maw={560} onChange={(id) => choose(id ? [id] : [])} />
      )}
      {create && (
        <CreateDialog
          wanted={made}
          locale={create.locale}
          given={targets.scheme ? { scheme: targets.scheme } : undefined}
          Form={create.Form}
          onClose={() => setMade(null)}
          onCreated={(id) => {
            setMade(null);
            onChange(targets.many ? [...ids, id] : [id]);
          }}
        />
      )}
    </>
  );
}
