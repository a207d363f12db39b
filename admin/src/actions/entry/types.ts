import type { ComponentType } from 'react';
import type { Rights } from '../../api/session';
import type { Collection, LocaleState, Values } from '../../api/types';
import type { Key } from '../../i18n/i18n';

/** What an act on an entry is told. */
export interface EntryContext {
  collection: Collection;
  id: string;
  revision: number;
  locale: string;
  /** The locales that the entry has. */
  locales: string[];
  state?: LocaleState;
  trashed: boolean;
  rights: Rights;
}

/** One thing that an act asks before it is carried out. */
export interface Question {
  name: string;
  kind: 'comment' | 'instant';
  label: Key;
  required?: boolean;
}

/** What becomes of the screen once an act is done. */
export interface Outcome {
  go?: 'list' | { entry: string };
  /** Takes it back. */
  undo?(): Promise<void>;
}

/**
 * One act on an entry. The same value makes the button, the shortcut, the line
 * of the menu and that of the command palette.
 */
export interface EntryAct {
  name: string;
  label: Key;
  /** What is said once it is done. */
  done: Key;
  icon: ComponentType<{ size?: number | string }>;
  /** As in "mod+shift+P". */
  keys?: string;
  danger?: boolean;
  /** Whether it is the thing that one most likely wants now. */
  leads?(c: EntryContext): boolean;
  /** Asked before: a warning to agree to, and questions. */
  warning?: Key;
  /** The name of doing it all the same, where the server asks whether that is meant. */
  anyway?: Key;
  /** What the server said when it asked. */
  said?: string;
  questions?: Question[];
  /** Shows first what differs from what is live; fields may be left as they are, as answers.leave. */
  compares?: boolean;
  predicate(c: EntryContext): boolean;
  /** knows: what the server asks to confirm is known. */
  perform(c: EntryContext, answers: Values, knows?: boolean): Promise<Outcome>;
}
