import type { Tone } from '../api/places';

const colors: Record<Tone, string> = { neutral: 'gray', info: 'blue', success: 'recueil', warning: 'orange', danger: 'red' };

/** The colour of a tone. */
export const colorOf = (tone: Tone | undefined): string => colors[tone ?? 'neutral'];
