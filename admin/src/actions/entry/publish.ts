import { IconWorldUpload } from '@tabler/icons-react';
import { actOnEntry } from '../../api/entries';
import type { EntryAct } from './types';

export const publish: EntryAct = {
  name: 'publish',
  label: 'act.publish',
  done: 'act.publish.done',
  icon: IconWorldUpload,
  keys: 'mod+shift+P',
  compares: true,
  leads: (c) => !c.collection.review || c.state?.review?.state === 'approved' || !c.rights.may('submit', c.collection.name),
  predicate: (c) => !c.trashed && c.rights.may('publish', c.collection.name) && c.state?.status !== 'published',
  async perform(c, { leave }) {
    await actOnEntry(c.collection.name, c.id, 'publish', { locales: [c.locale], ...(leave ? { leave } : {}) }, c.revision);
    return {};
  },
};
