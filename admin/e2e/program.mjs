// Starts the program with the demonstration content, as its users would, on a
// port of its own and in a folder of its own. RECUEIL_BINARY is the program and
// RECUEIL_DEMO a demonstration, where run.mjs made them once for all files.
import { spawn, execFileSync } from 'node:child_process';
import { constants, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const password = 'correct-horse-battery';
const repository = new URL('../../', import.meta.url).pathname;

/** Builds the program into a folder, and says where it is. */
export function build(folder) {
  const binary = join(folder, 'recueil');
  execFileSync('go', ['build', '-o', binary, '.'], { cwd: repository, stdio: 'inherit' });
  return binary;
}

// Starts the program and waits until it says where it answers.
async function start(binary, args, env) {
  const child = spawn(binary, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = [];
  const url = await new Promise((resolve, reject) => {
    const listen = (stream) =>
      createInterface({ input: stream }).on('line', (line) => {
        said.push(line);
        const found = /(http:\/\/[^\s)]+) \(API/.exec(line);
        if (found) resolve(found[1]);
      });
    listen(child.stdout);
    listen(child.stderr);
    child.once('exit', () => reject(new Error(`the program ended:\n${said.join('\n')}`)));
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  return {
    url,
    async end(signal) {
      child.kill(signal);
      await ended;
    },
  };
}

/** Writes a demonstration that others start from, and says where it is. */
export async function writeDemo(folder) {
  const running = await start(process.env.RECUEIL_BINARY, ['demo', '--data', folder, '--listen', '127.0.0.1:0', '--demo-password', password]);
  await running.end('SIGTERM');
  return folder;
}

/**
 * Starts a demonstration; stop() ends it and removes what it wrote. die() ends
 * it as a lost machine would, and comeBack() starts it again at the same
 * address, with what it had, perhaps in another environment.
 */
export async function startDemo({ env = {} } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'recueil-console-'));
  const binary = process.env.RECUEIL_BINARY ?? build(folder);
  const data = join(folder, 'data');
  if (process.env.RECUEIL_DEMO) cpSync(process.env.RECUEIL_DEMO, data, { recursive: true, mode: constants.COPYFILE_FICLONE });
  const args = process.env.RECUEIL_DEMO ? ['serve'] : ['demo', '--demo-password', password];
  let running = await start(binary, [...args, '--data', data, '--listen', '127.0.0.1:0'], env);
  const { url } = running;
  return {
    url,
    data,
    die: () => running.end('SIGKILL'),
    async comeBack(more = {}) {
      running = await start(binary, ['serve', '--data', data, '--listen', new URL(url).host], { ...env, ...more });
    },
    async stop() {
      await running.end('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
