import type { Collection, Field, Texts, Values } from '../../api/types';
import type { Key } from '../../i18n/i18n';
import { speeches } from '../../i18n/i18n';
import { idsOf } from '../../fields/types';

/** What the settings of a kind are described with: the words, and what may be chosen. */
export interface About {
  t(key: Key): string;
  languageName(locale: string): string;
  speech: string;
  pick(texts: Texts | undefined, otherwise?: string): string;
  collections: Collection[];
  /** The fields beside the one that is set up. */
  fields: Field[];
  /** Its settings now: what they name can be chosen, whatever it is. */
  settings: Values;
}

const precisions = ['day', 'month', 'year'] as const;
const mediaTypes = [
  'image/*', 'application/pdf', 'audio/*', 'video/*', 'text/csv', 'application/epub+zip', 'application/vnd.oasis.opendocument.text',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
];
const parts = ['street', 'postcode', 'commune', 'territory', 'country'] as const;

type Make = (name: string, key: Key, more?: Partial<Field>) => Field;

const whole = { integer: true, min: 0 };

/** The kinds whose settings hold fields; these have an editor of their own. */
export const holdsFields = (kind: string) => kind === 'group' || kind === 'list';

/**
 * The settings of a kind as fields, so that they have the controls of fields.
 * What is nested (the fields of a group, the types of blocks) stands apart.
 */
export function settingsOfKind(kind: string, about: About): Field[] {
  const { t, speech, pick, languageName, collections, fields } = about;
  const labelled = (key: Key): Texts => ({ [speech]: t(key) });
  const make: Make = (name, key, more = {}) => ({ id: name, name, kind: 'text', label: labelled(key), ...more });
  const count = (name: string, key: Key) => make(name, key, { kind: 'number', settings: whole });
  const yes = (name: string, key: Key) => make(name, key, { kind: 'boolean' });
  const choice = (name: string, key: Key, options: { value: string; label?: Texts }[], multiple = false) =>
    make(name, key, { kind: 'select', settings: { options, multiple } });
  const texts = (name: string, key: Key) =>
    make(name, key, { kind: 'group', settings: { fields: speeches.map((l) => ({ id: l, name: l, kind: 'text', label: { [speech]: languageName(l) } })) } });
  const among = collections.map((c) => ({ value: c.id, label: { [speech]: pick(c.label, c.name) } }));
  const precision = choice('precision', 'setting.precision', precisions.map((p) => ({ value: p, label: labelled(`setting.precision.${p}`) })));
  const limits = [count('min', 'setting.min_count'), count('max', 'setting.max_count')];
  const media = choice('media_types', 'setting.media_types', [...new Set([...mediaTypes, ...idsOf(about.settings.media_types)])].map((value) => ({ value })), true);
  const back = make('back', 'setting.back', {
    kind: 'group', settings: { fields: [make('name', 'setting.back_name'), texts('label', 'setting.back_label')] },
  });
  const ofText = [count('min_length', 'setting.min_length'), count('max_length', 'setting.max_length'), make('pattern', 'setting.pattern'), texts('pattern_help', 'setting.pattern_help')];
  const option = { item: labelled('setting.option'), fields: [make('value', 'setting.option_value'), texts('label', 'setting.option_label')] };
  const all: Record<string, Field[]> = {
    text: ofText,
    longtext: ofText.slice(0, 2),
    markdown: ofText.slice(0, 2),
    slug: [choice('source', 'setting.source', fields.filter((f) => f.kind === 'text').map((f) => ({ value: f.id, label: { [speech]: pick(f.label, f.name) } }))), yes('latin', 'setting.latin')],
    number: [make('min', 'setting.min', { kind: 'number' }), make('max', 'setting.max', { kind: 'number' }), yes('integer', 'setting.integer'), texts('unit', 'setting.unit')],
    date: [precision, make('min', 'setting.min'), make('max', 'setting.max')],
    datetime: [make('min', 'setting.min', { kind: 'datetime' }), make('max', 'setting.max', { kind: 'datetime' })],
    period: [precision, yes('times', 'setting.times'), yes('start_optional', 'setting.start_optional'), yes('end_optional', 'setting.end_optional')],
    select: [make('options', 'setting.options', { kind: 'list', required: true, settings: option }), yes('multiple', 'setting.multiple'), ...limits],
    relation: [choice('to', 'setting.to', among, true), yes('many', 'setting.many'), ...limits, back],
    terms: [choice('collection', 'setting.collection', among), make('scheme', 'setting.scheme', { required: true }), ...limits, back],
    asset: [media],
    gallery: [media, ...limits],
    geopoint: [yes('precision', 'setting.geo_precision')],
    address: [make('country', 'setting.country'), choice('required', 'setting.address_required', parts.map((p) => ({ value: p, label: labelled(`address.${p}`) })), true)],
    phone: [choice('country', 'setting.phone_country', ['DZ', 'FR', 'BE', 'MA', 'TN'].map((value) => ({ value })))],
    list: [...limits, texts('item', 'setting.item')],
    blocks: [...limits, count('max_depth', 'setting.max_depth'), yes('inherit', 'setting.inherit')],
    json: [count('max_bytes', 'setting.max_bytes'), count('max_depth', 'setting.max_depth')],
  };
  return all[kind] ?? [];
}

/** Settings without what says nothing, and without the ids by which the console tells options apart. */
export function tidied(settings: Values): Values | undefined {
  const { options, ...rest } = settings;
  const told = Array.isArray(options) ? { options: options.map(({ id: _, ...option }: Values) => option), ...rest } : settings;
  return tidy(told) as Values | undefined;
}

function tidy(v: unknown): unknown {
  if (v === null || v === undefined || v === '' || v === false) return undefined;
  if (Array.isArray(v)) return v.length > 0 ? v.map((item) => tidy(item) ?? {}) : undefined;
  if (typeof v !== 'object') return v;
  const kept = Object.entries(v).flatMap(([name, part]) => {
    const out = tidy(part);
    return out === undefined ? [] : [[name, out] as const];
  });
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}
