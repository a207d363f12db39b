import { IconCopy } from '@tabler/icons-react';
import { actOnEntry } from '../../api/entries';
import type { EntryAct } from './types';

export const copy: EntryAct = {
  name: 'copy',
  label: 'act.copy',
  done: 'act.copy.done',
  icon: IconCopy,
  keys: 'mod+shift+D',
  predicate: (c) => !c.trashed && !c.collection.singleton && c.rights.may('create', c.collection.name),
  async perform(c) {
    const made = await actOnEntry(c.collection.name, c.id, 'copy', {});
    return made ? { go: { entry: made.entry.id } } : {};
  },
};
