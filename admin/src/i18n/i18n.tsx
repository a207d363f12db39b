import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { useDirection } from '@mantine/core';
import { language } from '../api/client';
import { browserKeep } from '../lib/storage';
import type { Texts } from '../api/types';
import type fr from './fr.json';

export type Speech = 'fr' | 'ar' | 'en';
export type Key = keyof typeof fr;
export type Args = Record<string, string | number>;

/** A text with a form for each plural category, chosen by the argument n. */
type Entry = string | Partial<Record<Intl.LDMLPluralRule, string>>;
export type Catalogue = Record<string, Entry>;

export const speeches: Speech[] = ['fr', 'ar', 'en'];

const catalogues: Record<Speech, () => Promise<{ default: unknown }>> = {
  fr: () => import('./fr.json'),
  ar: () => import('./ar.json'),
  en: () => import('./en.json'),
};

const rtl = new Set(['ar', 'fa', 'he', 'ur']);

/** The direction in which a language is written. */
export const directionOf = (locale: string): 'rtl' | 'ltr' => (rtl.has(locale.split('-')[0] ?? '') ? 'rtl' : 'ltr');

export function say(catalogue: Catalogue, speech: string, key: string, args: Args = {}): string {
  const entry = catalogue[key];
  if (entry === undefined) return key;
  const text = typeof entry === 'string' ? entry : pluralOf(entry, speech, Number(args.n ?? 0));
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = args[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? value.toLocaleString(numbersOf(speech)) : value;
  });
}

function pluralOf(forms: Partial<Record<Intl.LDMLPluralRule, string>>, speech: string, n: number): string {
  return forms[new Intl.PluralRules(speech).select(n)] ?? forms.other ?? '';
}

// Algeria writes Arabic with the digits of French.
const numbersOf = (speech: string) => (speech === 'ar' ? 'ar-DZ-u-nu-latn' : speech === 'fr' ? 'fr' : 'en-GB');

interface I18n {
  speech: Speech;
  choose(speech: Speech): void;
  t(key: Key, args?: Args): string;
  /** A text that may be a key of the catalogue under a prefix, or speaks for itself. */
  named(prefix: string, word: string): string;
  /** A text of a definition, in the nearest language that it has. */
  pick(texts: Texts | undefined, otherwise?: string): string;
  date(value: string | undefined, withTime?: boolean): string;
  number(value: number): string;
  /** Words one after another, with the commas of the language. */
  list(words: string[]): string;
  /** A name and what is said of it, with the colon of the language. */
  about(name: string, what: string): string;
  languageName(locale: string): string;
}

const Context = createContext<I18n | null>(null);

const kept = 'recueil.speech';

function firstSpeech(): Speech {
  const wanted = [browserKeep.read(kept), ...navigator.languages.map((l) => l.slice(0, 2))];
  return (wanted.find((l) => speeches.includes(l as Speech)) as Speech | undefined) ?? 'fr';
}

export function I18nProvider({ children }: { children: ReactNode }) {
  const [speech, choose] = useState<Speech>(firstSpeech);
  const [loaded, setLoaded] = useState<{ speech: Speech; catalogue: Catalogue } | null>(null);
  const { setDirection } = useDirection();

  useEffect(() => {
    let current = true;
    language.set(speech);
    browserKeep.write(kept, speech);
    void catalogues[speech]().then((module) => {
      if (current) setLoaded({ speech, catalogue: module.default as Catalogue });
    });
    return () => {
      current = false;
    };
  }, [speech]);

  useEffect(() => {
    if (!loaded) return;
    document.documentElement.lang = loaded.speech;
    setDirection(directionOf(loaded.speech));
  }, [loaded, setDirection]);

  const value = useMemo(() => (loaded ? make(loaded.speech, loaded.catalogue, choose) : null), [loaded]);
  return value && <Context.Provider value={value}>{children}</Context.Provider>;
}

function make(speech: Speech, catalogue: Catalogue, choose: (s: Speech) => void): I18n {
  const tag = numbersOf(speech);
  const day = new Intl.DateTimeFormat(tag, { dateStyle: 'medium' });
  const instant = new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' });
  const names = new Intl.DisplayNames([speech], { type: 'language' });
  return {
    speech,
    choose,
    t: (key, args) => say(catalogue, speech, key, args),
    named: (prefix, word) => (`${prefix}.${word}` in catalogue ? say(catalogue, speech, `${prefix}.${word}`) : word),
    pick: (texts, otherwise = '') => texts?.[speech] ?? texts?.fr ?? Object.values(texts ?? {})[0] ?? otherwise,
    date(value, withTime = false) {
      const at = value ? new Date(value) : null;
      return at && !Number.isNaN(at.getTime()) ? (withTime ? instant : day).format(at) : (value ?? '');
    },
    number: (value) => value.toLocaleString(tag),
    list: (words) => words.join(speech === 'ar' ? '، ' : ', '),
    about: (name, what) => `${name}${speech === 'fr' ? ' : ' : ': '}${what}`,
    languageName: (locale) => names.of(locale) ?? locale,
  };
}

export function useI18n(): I18n {
  const value = useContext(Context);
  if (!value) throw new Error('useI18n outside I18nProvider');
  return value;
}
