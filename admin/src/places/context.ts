import { createContext, useContext } from 'react';
import type { FieldProblem } from '../api/problem';
import type { Values } from '../api/types';
import type { Press } from './waiting';

/** What the components of a tree share: where they stand, and how one acts. */
export interface Acting {
  /** Sends an action with values; whether the plugin took it without a fault. */
  act(action: string, values: Values): Promise<boolean>;
  /** The action that is under way; empty: none. */
  busy: string;
  /** What the plugin said is wrong, by the names of controls. */
  problems: FieldProblem[];
  /** What was pressed while there was no network, and waits for it. */
  waiting: Press[];
  /** Leads to the same screen with other parameters; absent where there are none. */
  onParams?(search: string): void;
}

export const ActingContext = createContext<Acting | null>(null);

export function useActing(): Acting {
  const value = useContext(ActingContext);
  if (!value) throw new Error('a component of a tree outside of a place');
  return value;
}

/** The form around a component: buttons in it send what was filled in. */
export interface FormState {
  values: Values;
  set(name: string, value: unknown): void;
  send(action: string, more?: Values): void;
}

export const FormContext = createContext<FormState | null>(null);
