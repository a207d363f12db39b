import type { Collection, Field, Values } from '../../../api/types';
import type { Key } from '../../../i18n/i18n';
import { listOf, objectOf, settingsOf, textOf } from '../../../fields/types';

/** Something in a text that its readers would stumble over. */
export interface Finding {
  /** The field, by name. */
  field: string;
  what: 'heading_skips' | 'heading_empty' | 'heading_top' | 'image_alt' | 'link_text' | 'link_address' | 'summary_missing' | 'title_long' | 'untranslated' | 'locale_missing';
  args?: Record<string, string | number>;
}

/** The sentence for a finding. */
export const sentenceOf = (finding: Finding): Key => `check.${finding.what}` as Key;

// Words that say nothing of where a link leads, read alone as a list of links.
const empty = new Set([
  'ici', 'cliquez ici', 'cliquer ici', 'lire la suite', 'en savoir plus', 'lien', 'ce lien', 'voir', 'suite', 'plus',
  'here', 'click here', 'read more', 'more', 'link', 'this link', 'learn more',
  'هنا', 'اضغط هنا', 'انقر هنا', 'المزيد', 'اقرأ المزيد', 'رابط', 'الرابط',
]);

// Texts without code, where signs mean themselves.
const prose = (text: string) => text.replace(/```[\s\S]*?(```|$)/g, '').replace(/`[^`\n]*`/g, '');

/** What a Markdown text has wrong with it. */
export function checkMarkdown(field: string, text: string): Finding[] {
  const found: Finding[] = [];
  const plain = prose(text);
  let last = 1;
  for (const [, signs, words] of plain.matchAll(/^(#{1,6})[ \t]*(.*)$/gm)) {
    const level = (signs as string).length;
    const name = (words as string).replace(/#+\s*$/, '').trim();
    if (!name) found.push({ field, what: 'heading_empty' });
    else if (level === 1) found.push({ field, what: 'heading_top', args: { text: name } });
    else if (level > last + 1) found.push({ field, what: 'heading_skips', args: { text: name, level, last } });
    last = level;
  }
  for (const [, bang, words, address] of plain.matchAll(/(!?)\[([^\]]*)\]\(([^)\s]*)[^)]*\)/g)) {
    const name = (words as string).trim();
    const to = address as string;
    if (bang) {
      if (!name && to.startsWith('asset:')) found.push({ field, what: 'image_alt' });
    } else if (!name || empty.has(name.toLowerCase().replace(/[.…»«!]+/g, '').trim())) {
      found.push({ field, what: 'link_text', args: { text: name || to } });
    } else if (/^(https?:\/\/|www\.)/.test(name)) {
      found.push({ field, what: 'link_address', args: { text: name } });
    }
  }
  return found;
}

// Every Markdown text below a field: its own, and those of blocks and lists.
function* markdownIn(field: Field, value: unknown): Generator<string> {
  if (field.kind === 'markdown') yield textOf(value);
  const fields = settingsOf<{ fields: Field[] }>(field).fields ?? [];
  if (field.kind === 'group') for (const f of fields) yield* markdownIn(f, objectOf(value)[f.name]);
  if (field.kind === 'list') for (const item of listOf(value)) for (const f of fields) yield* markdownIn(f, objectOf(item)[f.name]);
  if (field.kind === 'blocks') {
    const types = settingsOf<{ types: { name: string; fields?: Field[] }[] }>(field).types ?? [];
    for (const block of listOf(value).map(objectOf)) {
      const type = types.find((t) => t.name === block.type);
      for (const f of type?.fields ?? []) yield* markdownIn(f, block[f.name]);
    }
  }
}

const blank = (value: unknown) => value == null || value === '' || (Array.isArray(value) && value.length === 0);

/** The field that introduces an entry in lists and search results. */
export const summaryOf = (collection: Collection): Field | undefined =>
  collection.fields.find((f) => ['summary', 'mission', 'description', 'tagline', 'subtitle'].includes(f.name) && ['longtext', 'text', 'markdown'].includes(f.kind));

export const longestTitle = 65; // letters that search engines show

/** What is to be looked at in one language of an entry, before it goes live. */
export function check(collection: Collection, locale: string, all: Record<string, Values>, has: string[]): Finding[] {
  const values = all[locale] ?? {};
  const found: Finding[] = [];
  for (const field of collection.fields) {
    for (const text of markdownIn(field, values[field.name])) found.push(...checkMarkdown(field.name, text));
  }
  const title = collection.fields.find((f) => f.id === collection.title);
  if (title && textOf(values[title.name]).length > longestTitle) found.push({ field: title.name, what: 'title_long', args: { n: textOf(values[title.name]).length, limit: longestTitle } });
  const summary = summaryOf(collection);
  if (summary && blank(values[summary.name])) found.push({ field: summary.name, what: 'summary_missing' });
  const localized = collection.fields.filter((f) => f.localized && f.kind !== 'slug');
  for (const other of Object.keys(all)) {
    if (other === locale || localized.length === 0) continue;
    if (!has.includes(other)) found.push({ field: '', what: 'locale_missing', args: { locale: other } });
    else for (const f of localized) if (!blank(values[f.name]) && blank(all[other]?.[f.name])) found.push({ field: f.name, what: 'untranslated', args: { locale: other } });
  }
  return found;
}

/** The pictures that an entry shows, by field. */
export function picturesOf(collection: Collection, values: Values): { field: string; asset: string }[] {
  return collection.fields.flatMap((f) => {
    if (f.kind === 'asset' && textOf(values[f.name])) return [{ field: f.name, asset: textOf(values[f.name]) }];
    if (f.kind !== 'gallery') return [];
    return listOf(values[f.name]).map((item) => ({ field: f.name, asset: typeof item === 'string' ? item : textOf(objectOf(item).asset) }));
  });
}
