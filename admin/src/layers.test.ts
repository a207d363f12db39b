import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

// What each folder may import, from the top: app sees everything, a feature
// sees what is below it and never another feature; places draw what plugins
// show, on screens of several features.
const order = ['app', 'features', 'places', 'actions', 'fields', 'components', 'i18n', 'api', 'lib'];

// Fields show problems and texts; i18n tells the API its language; that is all
// that goes across.
const root = import.meta.dirname;

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? sources(path) : /\.tsx?$/.test(name) && !name.endsWith('.d.ts') ? [path] : [];
  });
}

function imports(path: string): string[] {
  return [...readFileSync(path, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((m) => relative(root, resolve(dirname(path), m[1] as string)));
}

// Data of the program that the console shows, too: one copy of it.
const shared = new Set(['../../core/site/chart/outline.json']);

it('imports go downward, and no feature imports another', () => {
  const wrong: string[] = [];
  for (const path of sources(root)) {
    const from = relative(root, path).split('/');
    for (const target of imports(path)) {
      if (shared.has(target)) continue;
      const to = target.split('/');
      const up = order.indexOf(to[0] as string) < order.indexOf(from[0] as string);
      const aside = from[0] === 'features' && to[0] === 'features' && from[1] !== to[1];
      if (from.length > 1 && (up || aside)) wrong.push(`${from.join('/')} imports ${target}`);
    }
  }
  expect(wrong).toEqual([]);
});

it('has one folder per field kind, with the names of the server', () => {
  const builtin = readFileSync(join(root, '../../core/schema/builtin.go'), 'utf8');
  const kinds = [...builtin.matchAll(/(\w+)Kind\{/g)].map((m) => m[1]).sort();
  const folders = readdirSync(join(root, 'fields'), { withFileTypes: true }).filter((e) => e.isDirectory()).map((e) => e.name).sort();
  expect(folders).toEqual(kinds);
});

it('has no file that only hands others on', () => {
  const barrels = sources(root).filter((path) => /^export (\*|\{[^}]*\}) from/m.test(readFileSync(path, 'utf8')));
  expect(barrels).toEqual([]);
});
