import type { components } from './schema';

export type Locale = string;
export type Texts = Record<Locale, string>;

export interface Field {
  id: string;
  name: string;
  kind: string;
  label?: Texts;
  help?: Texts;
  tab?: string;
  localized?: boolean;
  required?: boolean;
  unique?: boolean;
  default?: unknown;
  settings?: Record<string, unknown>;
  weight?: number;
  facet?: boolean;
  sortable?: boolean;
  visibility?: string;
  personal?: boolean;
}

export type Collection = Omit<components['schemas']['collection'], 'fields'> & { fields: Field[] };

export type Values = Record<string, unknown>;

export interface Actor {
  kind: string;
  id: string;
}

export type Status = 'draft' | 'scheduled' | 'published' | 'changed' | 'trashed';

export interface Entry extends Values {
  id: string;
  collection: string;
  revision: number;
  status: Status;
  locale: Locale;
  locales: Locale[];
  updated_at: string;
  updated_by?: Actor;
}

export interface Review {
  state: 'submitted' | 'approved' | 'rejected';
  submitted_at: string;
  submitted_by: Actor;
  decided_by?: Actor;
  comment?: string;
}

/** What somebody says of a field, which is called by its name. */
export interface FieldComment {
  id: string;
  field: string;
  text: string;
  at: string;
  by: Actor;
}

/** Where one locale of an entry stands. */
export interface LocaleState {
  status: Status;
  published_at?: string;
  publish_at?: string;
  unpublish_at?: string;
  review?: Review;
  comments?: FieldComment[];
}

export type Asset = components['schemas']['assetinfo'];
export type User = components['schemas']['userinfo'];
