import { IconWorldOff } from '@tabler/icons-react';
import { actOnEntry } from '../../api/entries';
import type { EntryAct } from './types';

export const unpublish: EntryAct = {
  name: 'unpublish',
  label: 'act.unpublish',
  done: 'act.unpublish.done',
  icon: IconWorldOff,
  keys: 'mod+alt+U',
  danger: true,
  warning: 'act.unpublish.warning',
  predicate: (c) =>
    !c.trashed && c.rights.may('publish', c.collection.name) && (c.state?.status === 'published' || c.state?.status === 'changed'),
  async perform(c) {
    await actOnEntry(c.collection.name, c.id, 'unpublish', { locales: [c.locale] }, c.revision);
    return {};
  },
};
