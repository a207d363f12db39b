import { IconRestore } from '@tabler/icons-react';
import { actOnEntry } from '../../api/entries';
import type { EntryAct } from './types';

export const restore: EntryAct = {
  name: 'restore',
  label: 'act.restore',
  done: 'act.restore.done',
  icon: IconRestore,
  keys: 'mod+alt+R',
  leads: () => true,
  predicate: (c) => c.trashed && c.rights.may('delete', c.collection.name),
  async perform(c) {
    await actOnEntry(c.collection.name, c.id, 'restore', {}, c.revision);
    return {};
  },
};
