// Runs the browser tests: all files, or those that are named. The program is
// built, its demonstration written and the browser started once for all of
// them; each file has its own copy of the demonstration, and windows of its own.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBrowser } from './browser.mjs';
import { build, writeDemo } from './program.mjs';

const here = new URL('.', import.meta.url).pathname;
const named = process.argv.slice(2).map((name) => join(here, `${name}.test.mjs`));
const all = readdirSync(here).filter((name) => name.endsWith('.test.mjs')).sort().map((name) => join(here, name));

const folder = mkdtempSync(join(tmpdir(), 'recueil-program-'));
let status = 1;
let browser;
try {
  process.env.RECUEIL_BINARY ??= build(folder);
  process.env.RECUEIL_DEMO = await writeDemo(join(folder, 'demo'));
  browser = await startBrowser();
  process.env.RECUEIL_BROWSER = browser.address;
  const tests = spawn('node', ['--test', '--test-concurrency=1', ...(named.length > 0 ? named : all)], { stdio: 'inherit' });
  status = await new Promise((resolve) => tests.once('exit', (code) => resolve(code ?? 1)));
} finally {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(status);
