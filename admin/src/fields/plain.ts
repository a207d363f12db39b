import type { Field, Texts } from '../api/types';
import { optionsOf } from './select/options';
import { idsOf, objectOf, textOf } from './types';

/** What is needed to put values into words. */
export interface Words {
  pick(texts: Texts | undefined, otherwise?: string): string;
  yes: string;
  no: string;
  /** The title of an entry that a relation leads to. */
  title(id: string): string;
}

const kinds: Record<string, (field: Field, value: unknown, words: Words) => string> = {
  boolean: (_, v, w) => (v === true ? w.yes : v === false ? w.no : ''),
  select: (f, v, w) => idsOf(v).map((one) => optionsOf(f, w.pick).find((o) => o.value === one)?.label ?? one).join(', '),
  relation: (_, v, w) => idsOf(v).map(w.title).join(', '),
  terms: (_, v, w) => idsOf(v).map(w.title).join(', '),
  period: (_, v) => [objectOf(v).start, objectOf(v).end].map(textOf).join(' – '),
  geopoint: (_, v) => [objectOf(v).lat, objectOf(v).lon].join(', '),
  address: (_, v) => ['street', 'postcode', 'commune', 'territory', 'country'].map((part) => textOf(objectOf(v)[part])).filter(Boolean).join(', '),
};

/** A value as plain text, as a table for a spreadsheet holds it. */
export function plainText(field: Field, value: unknown, words: Words): string {
  if (value == null || value === '') return '';
  const say = kinds[field.kind];
  if (say) return say(field, value, words);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
