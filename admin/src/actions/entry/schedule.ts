import { IconCalendarClock } from '@tabler/icons-react';
import { actOnEntry } from '../../api/entries';
import type { EntryAct } from './types';

export const schedule: EntryAct = {
  name: 'schedule',
  label: 'act.schedule',
  done: 'act.schedule.done',
  icon: IconCalendarClock,
  keys: 'mod+shift+L',
  questions: [
    { name: 'publish_at', kind: 'instant', label: 'act.schedule.publish_at' },
    { name: 'unpublish_at', kind: 'instant', label: 'act.schedule.unpublish_at' },
  ],
  predicate: (c) => !c.trashed && c.rights.may('publish', c.collection.name),
  async perform(c, answers) {
    await actOnEntry(c.collection.name, c.id, 'schedule', { locale: c.locale, ...answers }, c.revision);
    return {};
  },
};
