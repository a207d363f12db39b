import { approve } from './approve';
import { copy } from './copy';
import { discard } from './discard';
import { publish } from './publish';
import { purge } from './purge';
import { reject } from './reject';
import { restore } from './restore';
import { schedule } from './schedule';
import { submit } from './submit';
import { trash } from './trash';
import type { EntryAct } from './types';
import { unpublish } from './unpublish';

/** Every act on an entry, in the order of the menu. The first that leads is the button. */
export const entryActs: EntryAct[] = [
  approve, reject, publish, submit, schedule, unpublish, discard, copy, restore, trash, purge,
];
