import { IconTrashX } from '@tabler/icons-react';
import { actOnEntry } from '../../api/entries';
import type { EntryAct } from './types';

export const purge: EntryAct = {
  name: 'purge',
  label: 'act.purge',
  done: 'act.purge.done',
  icon: IconTrashX,
  keys: 'mod+alt+Backspace',
  danger: true,
  warning: 'act.purge.warning',
  predicate: (c) => c.trashed && c.rights.may('purge', c.collection.name),
  async perform(c) {
    await actOnEntry(c.collection.name, c.id, 'purge', {}, c.revision);
    return { go: 'list' };
  },
};
