// Measures the console on this machine, and prints figures; it judges nothing:
//
//   node e2e/measure.mjs [--rows 100000]
//
// Frames per second while somebody types in a page of 50 blocks, in text and in
// a heading; the time from a click in a list to an editor that can be typed in;
// what the first load costs; with --rows, lists of that many entries.
import { availableParallelism, loadavg } from 'node:os';
import { openAs, openBrowser, saved, settled } from './browser.mjs';
import { startDemo } from './program.mjs';

const wanted = Number(process.argv[process.argv.indexOf('--rows') + 1]) || 0;
const same = { 'Sec-Fetch-Site': 'same-origin' };
const say = (what, figures) => console.log(`${what}: ${figures}`);
const middle = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/** Counts the frames of a second, over and over, while something is done. */
async function framesDuring(page, act) {
  await page.evaluate(() => {
    globalThis.frames_ = [];
    const look = (at) => {
      globalThis.frames_.push(at);
      globalThis.frameOf_ = requestAnimationFrame(look);
    };
    globalThis.frameOf_ = requestAnimationFrame(look);
  });
  await act();
  const at = await page.evaluate(() => {
    cancelAnimationFrame(globalThis.frameOf_);
    return globalThis.frames_;
  });
  const gaps = at.slice(1).map((t, i) => t - at[i]);
  const seconds = (at.at(-1) - at[0]) / 1000;
  let lowest = Infinity;
  for (let from = 0, to = 0; to < at.length; to++) {
    while (at[to] - at[from] > 1000) from++;
    if (at[to] - at[0] >= 1000) lowest = Math.min(lowest, to - from);
  }
  return `${Math.round(gaps.length / seconds)} per second, ${lowest} in the worst second, longest gap ${Math.round(Math.max(...gaps))} ms`;
}

async function typing(context, page) {
  const blocks = Array.from({ length: 50 }, (_, i) => (i % 2 ? { type: 'heading', title: `Partie ${i}`, level: '2' } : { type: 'text', body: `Un paragraphe de la partie ${i}, **assez long** pour être vrai.\n\n- un point\n- un autre` }));
  const answer = await context.request.post('/api/v1/entries/pages', { data: { locale: 'fr', title: 'Cinquante blocs', blocks }, headers: same });
  await page.goto(`/admin/c/pages/${(await answer.json()).data.id}`);
  await settled(page);
  await page.locator('.ProseMirror').nth(20).waitFor();
  const words = 'Ce que les associations ont dit de leur rencontre, et ce qui en reste. ';
  await page.locator('.ProseMirror').nth(10).click();
  say('typing in a text of 50 blocks', await framesDuring(page, () => page.keyboard.type(words.repeat(2), { delay: 60 })));
  await page.getByLabel('Intertitre', { exact: false }).nth(10).click();
  say('typing in a heading of 50 blocks', await framesDuring(page, () => page.keyboard.type(words, { delay: 60 })));
  await saved(page);
}

async function listToEditor(page) {
  await page.goto('/admin/c/associations');
  await settled(page);
  const took = [];
  for (let i = 0; i < 9; i++) {
    const link = page.locator('tr[data-entry] a.row-link').nth(i);
    await link.hover();
    took.push(await link.evaluate((a) => new Promise((resolve) => {
      const began = performance.now();
      const look = () => (document.querySelector('#entry-name') ? resolve(Math.round(performance.now() - began)) : requestAnimationFrame(look));
      a.click();
      look();
    })));
    await page.goBack();
    await page.locator('tr[data-entry]').first().waitFor();
  }
  say('list to editor', `first ${took[0]} ms, then ${middle(took.slice(1))} ms in the middle, ${Math.max(...took.slice(1))} ms at most`);
}

async function firstLoad(browser, url, path, what, role) {
  const { context, page } = await (role ? openAs(browser, url, role) : openAs(browser, url, 'editor').then(async (w) => (await w.context.clearCookies(), w)));
  const devtools = await context.newCDPSession(page);
  let bytes = 0;
  await devtools.send('Network.enable');
  devtools.on('Network.loadingFinished', (e) => (bytes += e.encodedDataLength));
  const began = Date.now();
  await page.goto(path);
  await page.locator(role ? 'a.row-link' : 'input[name=password]').first().waitFor();
  say(`first load of ${what}`, `${Math.round(bytes / 1024)} KB, ${Date.now() - began} ms`);
  await context.close();
}

// As an import of the console does it: fifty rows in a request.
async function manyRows(context, page, rows) {
  const began = Date.now();
  const plan = { columns: [{ field: 'title', locale: 'fr' }, { field: 'summary', locale: 'fr' }], locale: 'fr' };
  let done = 0;
  const send = async () => {
    while (done < rows) {
      const from = done;
      done += 50;
      const data = { ...plan, rows: Array.from({ length: Math.min(50, rows - from) }, (_, i) => [`Nouvelle ${from + i} du programme`, 'Un résumé.']) };
      for (;;) {
        const answer = await context.request.post('/api/v1/collections/news/rows', { data, headers: same });
        if (answer.status() === 429) await new Promise((resolve) => setTimeout(resolve, 1000 * Number(answer.headers()['retry-after'] ?? 1)));
        else if (answer.ok()) break;
        else throw new Error(`${answer.status()} ${await answer.text()}`);
      }
    }
  };
  await Promise.all([send(), send(), send(), send()]);
  say(`import of ${rows} rows`, `${Math.round((Date.now() - began) / 1000)} s`);
  for (const [what, path] of [['list', '/admin/c/news'], ['list by title', '/admin/c/news?sort=title'], ['search in titles', '/admin/c/news?q=4321']]) {
    const at = Date.now();
    await page.goto(path);
    await page.locator('tr[data-entry] a.row-link').first().waitFor();
    say(`${what} of ${rows}`, `${Date.now() - at} ms with the load of the page`);
  }
  const at = Date.now();
  await page.goto('/admin/c/news');
  await page.locator('tr[data-entry] a.row-link').first().waitFor();
  const between = Date.now();
  await page.getByRole('button', { name: 'Page suivante' }).click();
  await page.waitForURL(/after=/);
  await settled(page);
  say(`next page of ${rows}`, `${Date.now() - between} ms (the first took ${between - at} ms)`);
}

const demo = await startDemo();
const chrome = await openBrowser();
try {
  say('machine', `${availableParallelism()} cores, load ${loadavg().map((l) => l.toFixed(1)).join(' ')}`);
  const { context, page } = await openAs(chrome.browser, demo.url, 'editor');
  await firstLoad(chrome.browser, demo.url, '/admin/', 'sign-in');
  await firstLoad(chrome.browser, demo.url, '/admin/c/associations', 'a list', 'editor');
  await listToEditor(page);
  await typing(context, page);
  if (wanted > 0) await manyRows(context, page, wanted);
  say('machine', `load ${loadavg().map((l) => l.toFixed(1)).join(' ')}`);
} finally {
  await chrome.close();
  await demo.stop();
}
