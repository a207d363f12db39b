import { IconArrowBackUp } from '@tabler/icons-react';
import { actOnEntry } from '../../api/entries';
import type { EntryAct } from './types';

export const reject: EntryAct = {
  name: 'reject',
  label: 'act.reject',
  done: 'act.reject.done',
  icon: IconArrowBackUp,
  keys: 'mod+shift+R',
  questions: [{ name: 'reason', kind: 'comment', label: 'act.reject.reason', required: true }],
  predicate: (c) => !c.trashed && c.rights.may('review', c.collection.name) && c.state?.review?.state === 'submitted',
  async perform(c, answers) {
    await actOnEntry(c.collection.name, c.id, 'reject', { locale: c.locale, ...answers }, c.revision);
    return {};
  },
};
