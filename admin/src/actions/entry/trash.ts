import { IconTrash } from '@tabler/icons-react';
import { actOnEntry, trashEntry } from '../../api/entries';
import type { EntryAct } from './types';

export const trash: EntryAct = {
  name: 'trash',
  label: 'act.trash',
  done: 'act.trash.done',
  icon: IconTrash,
  keys: 'mod+shift+Backspace',
  danger: true,
  warning: 'act.trash.warning',
  anyway: 'act.trash.anyway',
  predicate: (c) => !c.trashed && !c.collection.singleton && c.rights.may('delete', c.collection.name),
  async perform(c, _, knows) {
    const after = await trashEntry(c.collection.name, c.id, c.revision, knows ? { force: true, children: true } : {});
    return { go: 'list', undo: async () => void (await actOnEntry(c.collection.name, c.id, 'restore', knows ? { children: true } : {}, after)) };
  },
};
