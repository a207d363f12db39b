// The website in a real browser, against the real program: each kind of page in
// both directions and three widths, with axe, an HTML validator, budgets, and a
// picture of it in bench/site.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { HtmlValidate } from 'html-validate';
import { chromium } from 'playwright-core';
import { reads, ready, startDemo } from './program.mjs';

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const pictures = new URL('../../../bench/site/', import.meta.url).pathname;
const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

// Pages by kind, with what their first visit may weigh, compressed, in kB.
const pages = {
  home: { paths: ['/fr/', '/ar/', '/en/'], budget: 30 },
  page: { paths: ['/fr/le-programme/objectifs', '/ar/albarnamaj', '/fr/groupes-de-travail/enfance', '/fr/infos-pratiques/accessibilite'], budget: 30 },
  news: { paths: ['/fr/actualites', '/fr/actualites/lancement-annee-pilote', '/ar/actualites'], budget: 30 },
  directory: { paths: ['/fr/associations', '/ar/associations', '/fr/associations?themes=jeunesse&autour=28&rayon=200'], budget: 45 },
  profile: { paths: ['/fr/associations/femmes-du-djurdjura', '/ar/associations/femmes-du-djurdjura'], budget: 30 },
  study: { paths: ['/fr/etudes', '/fr/etudes/huit-parcours-d-insertion-compares', '/ar/etudes/huit-parcours-d-insertion-compares'], budget: 30 },
  reading: { paths: ['/fr/etudes/accueillir-les-moins-de-six-ans-etat-des-lieux-dans-cinq-wilayas/p/2?q=enfance'], budget: 30 },
  contact: { paths: ['/fr/ecrire', '/ar/ecrire'], budget: 30 },
  projects: { paths: ['/fr/projets', '/fr/fonds', '/ar/fonds', '/fr/pouvoirs-publics'], budget: 30 },
  claim: { paths: ['/fr/associations/femmes-du-djurdjura/tenir-a-jour', '/ar/associations/femmes-du-djurdjura/corriger'], budget: 30 },
  experience: { paths: ['/fr/experiences/radio-au-lycee', '/ar/experiences/radio-au-lycee'], budget: 30 },
  term: { paths: ['/fr/themes', '/ar/themes', '/fr/themes/petite-enfance'], budget: 30 },
  book: { paths: ['/fr/livre', '/ar/livre', '/fr/recueils'], budget: 30 },
  training: { paths: ['/fr/training', '/ar/training', '/fr/training/sessions/gcp-oran', '/ar/training/sessions/gcp-biskra',
    '/fr/formations/gestion-du-cycle-de-projet'], budget: 30 },
  search: { paths: ['/fr/recherche?q=enfance', '/ar/recherche?q=jeunes', '/fr/recherche?q=zzzqqq'], budget: 40 },
  missing: { paths: ['/fr/rien', '/ar/rien'], budget: 30, status: 404 },
};
const maxRequests = 4;

// What html-validate asks beyond the standard is a matter of style.
const validator = new HtmlValidate({
  extends: ['html-validate:standard'],
  rules: { 'no-implicit-input-type': 'off', 'require-sri': 'off' },
});

let demo;
let browser;

before(async () => {
  mkdirSync(pictures, { recursive: true });
  demo = await startDemo();
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags });
  await ready(demo, '/fr/recherche?q=enfance');
  for (const l of ['fr', 'ar']) await reads(demo, `/${l}/etudes/accueillir-les-moins-de-six-ans-etat-des-lieux-dans-cinq-wilayas/p/2`);
  for (const path of pages.training.paths) await reads(demo, path); // the module has to start first
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

async function open(path, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const faults = [];
  page.on('console', (m) => m.type() === 'error' && !/404/.test(m.text()) && faults.push(m.text()));
  page.on('pageerror', (e) => faults.push(String(e)));
  const requests = [];
  page.on('request', (r) => requests.push(r.url()));
  const answer = await page.goto(demo.url + path);
  return { context, page, faults, requests, answer };
}

async function violations(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  }));
  return found.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html).join(' | ')}`);
}

const widest = () => [document.documentElement.scrollWidth, window.innerWidth];

for (const [kind, { paths, budget, status = 200 }] of Object.entries(pages)) {
  for (const path of paths) {
    test(`${kind} ${path}`, async () => {
      for (const width of [360, 768, 1280]) {
        const { context, page, faults, requests, answer } = await open(path, { viewport: { width, height: 900 } });
        assert.equal(answer.status(), status);
        const [is, may] = await page.evaluate(widest);
        assert.ok(is <= may, `at ${width} the page is ${is} wide`);
        assert.deepEqual(await violations(page), [], `axe at ${width}`);
        assert.deepEqual(faults, []);
        assert.ok(requests.length <= maxRequests, `${requests}`);
        assert.ok(requests.every((r) => r.startsWith(demo.url)), `a third party: ${requests}`);
        assert.deepEqual(await context.cookies(), []);
        const name = `${kind}${path}`.replaceAll(/[^a-z0-9]+/gi, '-');
        await page.screenshot({ path: `${pictures}${name}-${width}.png`, fullPage: true });
        await context.close();
      }
    });
  }
  test(`${kind} is valid and light`, async () => {
    for (const path of paths) {
      const html = await (await fetch(demo.url + path)).text();
      const report = await validator.validateString(html);
      const messages = report.results.flatMap((r) => r.messages).map((m) => `${m.line}: ${m.ruleId}: ${m.message}`);
      assert.deepEqual(messages, [], path);
      const kilobytes = (await weight(path)) / 1024;
      console.log(`${path}\t${kilobytes.toFixed(1)} kB`);
      assert.ok(kilobytes <= budget, `${path} weighs ${kilobytes} kB`);
    }
  });
}

// weight is what the first visit brings over the line.
async function weight(path) {
  const { context, page } = await open('about:blank').catch(() => open('/robots.txt'));
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  let bytes = 0;
  session.on('Network.loadingFinished', (e) => { bytes += e.encodedDataLength; });
  await page.goto(demo.url + path, { waitUntil: 'load' });
  await context.close();
  return bytes;
}

test('nothing moves while a page loads', async () => {
  for (const path of ['/fr/', '/ar/associations', '/fr/associations/femmes-du-djurdjura']) {
    const { context, page } = await open(path);
    const shift = await page.evaluate(() => new Promise((resolve) => {
      let sum = 0;
      const seen = new PerformanceObserver((list) => { for (const e of list.getEntries()) sum += e.value; });
      seen.observe({ type: 'layout-shift', buffered: true });
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(sum)));
    }));
    assert.equal(shift, 0, path);
    await context.close();
  }
});

test('in the dark, and narrow, and enlarged', async () => {
  for (const path of ['/fr/', '/ar/associations', '/fr/recherche?q=enfance']) {
    const dark = await open(path, { colorScheme: 'dark' });
    assert.deepEqual(await violations(dark.page), [], `${path} in the dark`);
    await dark.page.screenshot({ path: `${pictures}dark${path.replaceAll(/[^a-z0-9]+/gi, '-')}.png`, fullPage: true });
    await dark.context.close();
    for (const viewport of [{ width: 320, height: 568 }, { width: 320, height: 256 }]) {
      const narrow = await open(path, { viewport });
      const [is, may] = await narrow.page.evaluate(widest);
      assert.ok(is <= may, `${path} at 320 is ${is} wide`);
      await narrow.context.close();
    }
  }
});

test('everything works without JavaScript', async () => {
  const { context, page } = await open('/fr/', { javaScriptEnabled: false });
  await page.getByRole('search').locator('input[type=search]').fill('bibliobus');
  await page.getByRole('button', { name: 'Rechercher' }).click();
  await page.getByRole('heading', { level: 1, name: /résultat/ }).waitFor();
  await page.getByRole('link', { name: 'Bibliobus des montagnes' }).first().click();
  await page.getByRole('heading', { level: 1, name: /Bibliobus/ }).waitFor();
  await page.getByRole('navigation', { name: 'Langues' }).getByRole('link', { name: 'العربية' }).click();
  await page.locator('html[lang="ar"][dir="rtl"]').waitFor();
  assert.match(page.url(), /\/ar\/associations\//);
  await page.goto(`${demo.url}/fr/associations`);
  await page.locator('summary', { hasText: 'Thèmes' }).click();
  await page.getByRole('group').getByRole('link', { name: 'Jeunesse', exact: true }).click();
  await page.getByRole('link', { name: /Retirer/ }).click();
  await page.waitForURL(`${demo.url}/fr/associations`);
  await context.close();
});

test('suggestions come while one types, and are chosen by keyboard', async () => {
  for (const [path, typed, target] of [['/fr/', 'bibliob', /bibliobus/], ['/ar/recherche', 'الطفو', /\/ar\//]]) {
    const { context, page, faults } = await open(path);
    const input = page.getByRole('combobox').first();
    await input.pressSequentially(typed);
    const option = page.getByRole('option').first();
    await option.waitFor();
    assert.deepEqual(await violations(page), []);
    await page.screenshot({ path: `${pictures}suggestions${path.replaceAll('/', '-')}.png` });
    await page.keyboard.press('ArrowDown');
    assert.equal(await option.getAttribute('aria-selected'), 'true');
    await page.keyboard.press('Escape');
    await option.waitFor({ state: 'hidden' });
    await input.press('Backspace');
    await option.waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL(target);
    assert.deepEqual(faults, []);
    await context.close();
  }
});

test('the menu opens and closes by keyboard on a telephone', async () => {
  const { context, page } = await open('/fr/', { viewport: { width: 360, height: 700 } });
  const menu = page.getByRole('navigation', { name: 'Navigation principale' });
  assert.equal(await menu.isVisible(), false);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
  const button = page.getByRole('button', { name: 'Menu' });
  await button.focus();
  await page.keyboard.press('Enter');
  await menu.waitFor();
  assert.deepEqual(await violations(page), []);
  await page.screenshot({ path: `${pictures}menu-360.png` });
  await page.keyboard.press('Escape');
  await menu.waitFor({ state: 'hidden' });
  await context.close();
});

test('a page of a study says of which, and which of how many it is', async () => {
  for (const [path, title, place] of [
    ['/fr/etudes/accueillir-les-moins-de-six-ans-etat-des-lieux-dans-cinq-wilayas/p/2', 'Accueillir les moins de six ans', 'page 2 sur 4'],
    ['/ar/etudes/accueillir-les-moins-de-six-ans-etat-des-lieux-dans-cinq-wilayas/p/2', '', 'الصفحة 2 من 3'],
  ]) {
    const { context, page } = await open(path, { viewport: { width: 360, height: 700 } });
    const heading = await page.getByRole('heading', { level: 1 }).innerText();
    assert.ok(heading.includes(title) && heading.includes(place) && heading.length > place.length + 10, heading);
    await context.close();
  }
});

test('on paper there is only what is read', async () => {
  const { context, page } = await open('/fr/associations/femmes-du-djurdjura');
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.getByRole('navigation', { name: 'Langues' }).isVisible(), false);
  assert.equal(await page.getByRole('heading', { level: 1 }).isVisible(), true);
  await page.pdf({ path: `${pictures}profile.pdf`, format: 'A4' });
  await context.close();
});
