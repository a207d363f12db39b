import { IconCheck } from '@tabler/icons-react';
import { actOnEntry } from '../../api/entries';
import type { EntryAct } from './types';

export const approve: EntryAct = {
  name: 'approve',
  label: 'act.approve',
  done: 'act.approve.done',
  icon: IconCheck,
  keys: 'mod+shift+A',
  leads: () => true,
  predicate: (c) => !c.trashed && c.rights.may('review', c.collection.name) && c.state?.review?.state === 'submitted',
  async perform(c) {
    await actOnEntry(c.collection.name, c.id, 'approve', { locale: c.locale }, c.revision);
    return {};
  },
};
