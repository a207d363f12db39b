// The types of the console's client are those of the API that the program has now.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { suite } from './suite.mjs';

const here = suite();
const admin = new URL('../', import.meta.url).pathname;

test('the committed types are what the API describes', async () => {
  const { context } = await here.fresh('administrator');
  const answer = await context.request.post('/api/v1/tokens', { data: { name: 'types' }, headers: { 'Sec-Fetch-Site': 'same-origin' } });
  assert.equal(answer.status(), 201, await answer.text());
  const folder = mkdtempSync(join(tmpdir(), 'recueil-types-'));
  const made = join(folder, 'schema.d.ts');
  execFileSync('node', ['scripts/types.mjs'], { cwd: admin, env: { ...process.env, RECUEIL_API: here.demo.url, RECUEIL_TOKEN: (await answer.json()).data.secret, RECUEIL_TYPES: made } });
  assert.ok(readFileSync(made, 'utf8') === readFileSync(join(admin, 'src/api/schema.d.ts'), 'utf8'), 'run “npm --prefix admin run types” against this program, and commit what it writes');
  rmSync(folder, { recursive: true, force: true });
  await context.close();
});
