import { IconEraser } from '@tabler/icons-react';
import { actOnEntry } from '../../api/entries';
import type { EntryAct } from './types';

export const discard: EntryAct = {
  name: 'discard-draft',
  label: 'act.discard',
  done: 'act.discard.done',
  icon: IconEraser,
  keys: 'mod+alt+X',
  danger: true,
  warning: 'act.discard.warning',
  predicate: (c) => !c.trashed && c.rights.may('update', c.collection.name) && c.state?.status === 'changed',
  async perform(c) {
    await actOnEntry(c.collection.name, c.id, 'discard-draft', { locale: c.locale }, c.revision);
    return {};
  },
};
