import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import ar from './ar.json';
import en from './en.json';
import fr from './fr.json';
import { say, type Catalogue } from './i18n';

const root = join(import.meta.dirname, '..');

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return sources(path);
    return /\.tsx?$/.test(name) && !/\.test\.|\.d\.ts$/.test(name) ? [path] : [];
  });
}

const files = sources(root).map((path) => ({ path: path.slice(root.length + 1), text: readFileSync(path, 'utf8') }));

// Attributes that are read out or shown.
const spoken = new Set(['label', 'aria-label', 'title', 'placeholder', 'description', 'alt', 'error', 'nothingFound', 'nothingFoundMessage']);

// The name of the program, and what every language writes alike.
const alike = new Set(['Recueil', 'KiB', 'ms', '', '·', '–', '*', 'https://', ':', '– Recueil', '(', ')', ' ']);

const letters = /\p{L}{2,}/u;

function strayTexts(path: string, text: string): string[] {
  const found: string[] = [];
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const note = (node: ts.Node, words: string) => {
    if (letters.test(words) && !alike.has(words.trim())) found.push(`${path}:${tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${words.trim()}`);
  };
  const visit = (node: ts.Node) => {
    if (ts.isJsxText(node)) note(node, node.text);
    if (ts.isJsxExpression(node) && node.expression && ts.isStringLiteral(node.expression) && !ts.isJsxAttribute(node.parent)) note(node, node.expression.text);
    if (ts.isJsxAttribute(node) && spoken.has(node.name.getText()) && node.initializer) {
      const value = ts.isJsxExpression(node.initializer) ? node.initializer.expression : node.initializer;
      if (value && ts.isStringLiteral(value)) note(node, value.text);
    }
    if (ts.isPropertyAssignment(node) && spoken.has(node.name.getText().replace(/'/g, '')) && ts.isStringLiteral(node.initializer)) {
      if (!(node.initializer.text in fr)) note(node, node.initializer.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

describe('the catalogues', () => {
  it('hold every text of the console', () => {
    expect(files.filter((f) => f.path.endsWith('.tsx')).flatMap((f) => strayTexts(f.path, f.text))).toEqual([]);
  });

  it('have the same keys', () => {
    expect(Object.keys(ar)).toEqual(Object.keys(fr));
    expect(Object.keys(en)).toEqual(Object.keys(fr));
  });

  it('have no text that nobody uses', () => {
    const all = files.map((f) => f.text).join('\n');
    const families = ['group.', 'setting.', 'model.visibility.', 'model.label_', 'model.unique', 'model.facet', 'model.sortable', 'home.gone.', 'tab.', 'system.', 'status.', 'op.', 'address.', 'geopoint.', 'review.', 'saving.', 'action.', 'actor.', 'part.', 'kind.', 'change.', 'confirm.', 'bulk.way.', 'right.', 'reach.', 'sees.', 'verdict.', 'people.', 'check.', 'preview.minutes_', 'plugin.', 'upload.', 'focus.', 'file_text.state.', 'desk.'];
    const unused = Object.keys(fr).filter((key) => !families.some((f) => key.startsWith(f)) && !all.includes(`'${key}'`) && !all.includes(`"${key}"`));
    expect(unused).toEqual([]);
  });

  it('name the same places in each language, and every plural of it', () => {
    const places = (text: unknown) => [...new Set(JSON.stringify(text).match(/\{\w+\}/g) ?? [])].sort();
    for (const [speech, catalogue] of Object.entries({ ar, en, fr })) {
      for (const [key, text] of Object.entries(catalogue)) {
        expect(places(text), `${speech} ${key}`).toEqual(places((fr as Catalogue)[key]));
        if (typeof text === 'object') expect(Object.keys(text), `${speech} ${key}`).toContain('other');
        expect(JSON.stringify(text), `${speech} ${key}`).not.toContain('""');
      }
    }
  });

  it('name every action of the audit trail', () => {
    const folder = join(root, '../../core/action');
    const sources = readdirSync(folder).filter((name) => name.endsWith('.go') && !name.endsWith('_test.go')).map((name) => readFileSync(join(folder, name), 'utf8'));
    const names = sources.flatMap((text) => [...text.matchAll(/Name\(\) string\s*{ return "([a-z_]+\.[a-z_]+)"/g)].map((m) => m[1]));
    expect(names.length).toBeGreaterThan(30);
    // An expectation changes nothing: it is in no trail.
    expect(names.filter((name) => !(`action.${name}` in fr))).toEqual(['entry.expect']);
  });

  it('choose the form of a number', () => {
    const speak = (speech: string, catalogue: unknown, n: number) => say(catalogue as Catalogue, speech, 'list.total', { n });
    expect(speak('fr', fr, 0)).toBe('0 contenu');
    expect(speak('fr', fr, 12)).toBe('12 contenus');
    expect(speak('ar', ar, 2)).toBe('محتويان');
    expect(speak('ar', ar, 3)).toBe('3 محتويات');
    expect(speak('en', en, 1)).toBe('1 entry');
  });
});
