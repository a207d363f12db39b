// Builds the program and serves the demonstration on a free port.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const repository = new URL('../../../', import.meta.url).pathname;

export async function startDemo() {
  const folder = mkdtempSync(join(tmpdir(), 'recueil-site-'));
  const binary = join(folder, 'recueil');
  execFileSync('go', ['build', '-o', binary, '.'], { cwd: repository, stdio: 'inherit' });
  const child = spawn(binary, ['demo', '--data', join(folder, 'data'), '--listen', '127.0.0.1:0', '--demo-password', 'only for tests'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = [];
  const url = await new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        said.push(line);
        const found = /(http:\/\/\S+) \(API/.exec(line);
        if (found) resolve(found[1]);
      });
    }
    child.once('exit', () => reject(new Error(`the program ended:\n${said.join('\n')}`)));
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  return {
    url,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

// reads waits until the text of a document was taken out of its file: its page
// can be read.
export async function reads(demo, path) {
  const deadline = Date.now() + 120_000;
  while (!(await fetch(demo.url + path)).ok) {
    if (Date.now() > deadline) throw new Error(`${path} cannot be read`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

// ready waits until the text index has the demonstration.
export async function ready(demo, path) {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const page = await (await fetch(demo.url + path)).text();
    if (page.includes('class="hit"')) return;
    if (Date.now() > deadline) throw new Error(`nothing is found: ${page}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
