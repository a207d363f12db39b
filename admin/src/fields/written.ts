import type { Field } from '../api/types';
import { directionOf } from '../i18n/i18n';

/** The attributes of a control for text in a language: there the direction counts, not around it. */
export const written = (dir: 'ltr' | 'rtl' | 'auto', lang?: string) => ({ attributes: { input: { dir, lang } } });

/** As a field's text is written: in its own language, or as its letters are. */
export const writtenIn = (field: Field, locale: string) => (field.localized ? written(directionOf(locale), locale) : written('auto'));
