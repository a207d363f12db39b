import type { ComponentType, ReactNode } from 'react';
import type { FieldProblem } from '../api/problem';
import type { Field, Values } from '../api/types';

/** What surrounds every control: its name, help and what is wrong with it. */
export interface Frame {
  id: string;
  label: ReactNode;
  description?: ReactNode;
  error?: ReactNode;
  withAsterisk: boolean;
  readOnly: boolean;
}

export interface InputProps {
  field: Field;
  frame: Frame;
  value: unknown;
  onChange(value: unknown): void;
  /** The language of the value, or of the entry for what its languages share. */
  locale: string;
  /** What is wrong, with pointers from this value on. */
  problems: FieldProblem[];
  /** The form of nested fields, for the kinds that hold some. */
  Form: ComponentType<FormProps>;
  /** The blocks field around, whose types a nested one may inherit. */
  around?: Field;
}

export interface FormProps {
  fields: Field[];
  values: Values;
  onChange(name: string, value: unknown): void;
  locale: string;
  problems: FieldProblem[];
  /** Prefix of the ids of the controls. */
  id: string;
  readOnly: boolean;
  around?: Field;
  /** What stands beside the name of a field: of this form's, not of nested ones. */
  extra?(field: Field): ReactNode;
}

export interface CellProps {
  field: Field;
  value: unknown;
  locale: string;
}

/** How a filter compares a value of a kind. */
export type Comparison = 'text' | 'exact' | 'number' | 'date' | 'datetime' | 'boolean' | 'keys' | 'none';

/** The settings of a field, read as the kind knows them. */
export function settingsOf<T extends object>(field: Field): Partial<T> {
  return (field.settings ?? {}) as Partial<T>;
}

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

export const objectOf = (value: unknown): Values =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Values) : {};

export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

export const idsOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value : value == null ? [] : [value]).filter((v): v is string => typeof v === 'string');
