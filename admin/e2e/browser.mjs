// A browser as somebody has it: signed in or not, in a language, of a size.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { password } from './program.mjs';

// A busy machine is slow, not wrong.
export const patience = 60_000;

const shots = process.env.RECUEIL_SHOTS ?? new URL('./shots', import.meta.url).pathname;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Starts a browser for several to connect to, by its address. */
export async function startBrowser() {
  const profile = mkdtempSync(join(tmpdir(), 'recueil-browser-'));
  const server = await chromium.launchServer({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    env: { ...process.env, HOME: profile },
  });
  return {
    address: server.wsEndpoint(),
    async close() {
      await server.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/** The browser of run.mjs, or one of one's own. */
export async function openBrowser() {
  const own = process.env.RECUEIL_BROWSER ? null : await startBrowser();
  const browser = await chromium.connect(own?.address ?? process.env.RECUEIL_BROWSER);
  return {
    browser,
    async close() {
      await browser.close();
      await own?.close();
    },
  };
}

/**
 * A window of its own, with its own cookies. What its pages complain about is
 * collected: errors of scripts, and what the policy refused.
 */
export async function openWindow(browser, url, { locale = 'fr', width = 1280, cookies } = {}) {
  // Without movement, so that what is looked at has its final colours.
  const context = await browser.newContext({ locale, reducedMotion: 'reduce', viewport: { width, height: width < 500 ? 780 : 900 }, baseURL: url });
  if (cookies) await context.addCookies(cookies);
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  const complaints = [];
  page.on('pageerror', (e) => complaints.push(e.message));
  page.on('console', (m) => {
    if (m.type() === 'error' && !/Failed to load resource|net::ERR_INTERNET/.test(m.text())) complaints.push(m.text());
  });
  return { context, page, complaints };
}

const kept = new Map();

/** Signs somebody in; attempts are counted by address, so it waits when it is told to. */
export async function signIn(context, role, word = password) {
  for (;;) {
    const answer = await context.request.post('/api/v1/session', { data: { email: `${role}@pact.example.org`, password: word } });
    if (answer.status() !== 429) return answer.status();
    await new Promise((resolve) => setTimeout(resolve, 1000 * Number(answer.headers()['retry-after'] ?? 1)));
  }
}

/** The cookies of somebody who is signed in: each role signs in once. */
export async function cookiesOf(browser, url, role) {
  const key = `${url} ${role}`;
  if (!kept.has(key)) {
    const context = await browser.newContext({ baseURL: url });
    const status = await signIn(context, role);
    if (status !== 201) throw new Error(`sign in as ${role}: ${status}`);
    kept.set(key, await context.cookies());
    await context.close();
  }
  return kept.get(key);
}

/** A window with a session of its own, for what ends sessions; without a role nobody is signed in. */
export async function openFresh(browser, url, role, options = {}) {
  const window = await openWindow(browser, url, options);
  if (role) {
    const status = await signIn(window.context, role);
    if (status !== 201) throw new Error(`sign in as ${role}: ${status}`);
  }
  return window;
}

export async function openAs(browser, url, role, options = {}) {
  return openWindow(browser, url, { ...options, cookies: await cookiesOf(browser, url, role) });
}

/** Waits until a screen has what it shows: nothing is loaded, and for ten frames nothing began to. */
export async function settled(page) {
  await page.locator('main h1').first().waitFor();
  await page.waitForFunction(() => {
    const loads = document.querySelector('.mantine-Loader-root, .mantine-Skeleton-root');
    globalThis.calm_ = loads ? 0 : (globalThis.calm_ ?? 0) + 1;
    return globalThis.calm_ > 10;
  });
  await page.evaluate(() => (globalThis.calm_ = 0));
}

/** Waits until the editor says that all is saved. */
export const saved = (page) => page.locator('[data-saving=saved]').waitFor();

/** What axe finds on the screen, or in a part of it, in words. */
export async function axeFinds(page, part) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate((where) =>
    globalThis.axe.run(where ?? document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }),
    part,
  );
  return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ') + ' ' + n.failureSummary.replace(/\s+/g, ' ')).slice(0, 3).join(' | ')}`);
}

export async function shoot(page, name) {
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`) });
}

/** Drags one thing to the upper or lower edge of another, as a hand does: in steps. */
export async function drag(page, from, to, edge = 'before') {
  // Both have to be on the screen: a hand cannot reach further either.
  await page.setViewportSize({ ...page.viewportSize(), height: 2400 });
  const start = await from.boundingBox();
  const end = await to.boundingBox();
  await page.mouse.move(start.x + start.width / 2, start.y + start.height / 2);
  await page.mouse.down();
  const y = edge === 'before' ? end.y + 6 : end.y + end.height - 6;
  await page.mouse.move(end.x + end.width / 2, y + 12, { steps: 8 });
  await page.mouse.move(end.x + end.width / 2, y, { steps: 4 });
  await page.locator(`.drop-${edge}`).waitFor();
  await page.mouse.up();
}

/** The text of a file that the page hands over. The browser may be another process's: it has no path here. */
export async function downloaded(file) {
  const parts = [];
  for await (const part of await file.createReadStream()) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}
