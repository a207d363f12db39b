import type { Collection, Field } from '../../api/types';

/** What a column of the table is: a field, perhaps of one language; empty: nothing. */
export interface Target {
  field: string;
  locale?: string;
}

/** A target as one word: "name[fr]". */
export const wordOf = (t: Target): string => (t.locale ? `${t.field}[${t.locale}]` : t.field);

export function targetOf(word: string): Target {
  const m = /^(.+)\[([A-Za-z0-9-]+)\]$/.exec(word);
  return m ? { field: m[1] as string, locale: m[2] } : { field: word };
}

/** Every target that a collection has, as words. */
export function targetsOf(collection: Collection, locales: string[]): { word: string; field?: Field; locale?: string }[] {
  return [
    { word: 'id' },
    ...collection.fields.flatMap((field) =>
      field.localized ? locales.map((locale) => ({ word: wordOf({ field: field.name, locale }), field, locale })) : [{ word: field.name, field }],
    ),
  ];
}

const plain = (s: string) => s.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/[^\p{L}\p{N}[\]]+/gu, ' ').trim();

/** The word of the field that a heading most likely means, or "". A language is meant by "name[ar]" or "Nom (ar)". */
export function guess(heading: string, collection: Collection, locales: string[], first: string): string {
  const m = /^(.*?)\s*[[(]([a-z]{2})[\])]$/i.exec(heading.trim());
  const locale = m && locales.includes((m[2] as string).toLowerCase()) ? (m[2] as string).toLowerCase() : undefined;
  const name = plain(locale ? (m?.[1] as string) : heading);
  if (name === 'id') return 'id';
  const field = collection.fields.find((f) => plain(f.name) === name) ?? collection.fields.find((f) => Object.values(f.label ?? {}).some((l) => plain(l) === name));
  if (!field) return '';
  return wordOf({ field: field.name, locale: field.localized ? (locale ?? first) : undefined });
}

/** The fields by which a row can name an entry. */
export const keysOf = (collection: Collection): string[] => [
  'id', ...collection.fields.filter((f) => f.unique || f.id === collection.slug).map((f) => f.name),
];

/** A value as an import reads it back. */
export function rawText(value: unknown): string {
  if (value == null) return '';
  if (Array.isArray(value) && value.every((v) => typeof v === 'string')) return value.join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
