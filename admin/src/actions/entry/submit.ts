import { IconSend } from '@tabler/icons-react';
import { actOnEntry } from '../../api/entries';
import type { EntryAct } from './types';

export const submit: EntryAct = {
  name: 'submit',
  label: 'act.submit',
  done: 'act.submit.done',
  icon: IconSend,
  keys: 'mod+shift+S',
  leads: (c) => c.collection.review === true,
  questions: [{ name: 'comment', kind: 'comment', label: 'act.submit.comment' }],
  predicate: (c) =>
    !c.trashed && c.rights.may('submit', c.collection.name) && c.state !== undefined && c.state.status !== 'published' &&
    c.state.review?.state !== 'submitted' && c.state.review?.state !== 'approved',
  async perform(c, answers) {
    await actOnEntry(c.collection.name, c.id, 'submit', { locale: c.locale, ...answers }, c.revision);
    return {};
  },
};
