import { expect, it } from 'vitest';
import { problemsIn } from './locate';

const problem = (pointer: string) => ({ pointer, code: 'x', detail: '' });

it('finds the problems of a locale by every form of pointer', () => {
  const all = ['/title', '/locales/fr/title', '/locales/ar/title', '/ar/body', '/fr/items/0/url', ''].map(problem);
  expect(problemsIn(all, 'fr', ['fr', 'ar']).map((p) => p.pointer)).toEqual(['/title', '/title', '/items/0/url']);
  expect(problemsIn(all, 'ar', ['fr', 'ar']).map((p) => p.pointer)).toEqual(['/title', '/title', '/body']);
});
