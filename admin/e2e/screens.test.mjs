// Every screen, at two widths and in both directions: it shows what it should,
// axe finds nothing, nothing sticks out, and a picture is kept to look at.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axeFinds, settled, shoot } from './browser.mjs';
import { suite } from './suite.mjs';

const here = suite();

/** The screens by name; an address may need an entry to be there. */
const screens = [
  { name: 'home', path: async () => '/' },
  { name: 'list', path: async () => '/c/associations' },
  { name: 'entry', path: async (first) => `/c/associations/${await first('associations')}` },
  { name: 'page', path: async (first) => `/c/pages/${await first('pages')}` },
  { name: 'new', path: async () => '/c/news/new' },
  { name: 'settings', path: async () => '/c/settings' },
  { name: 'assets', path: async () => '/assets' },
  { name: 'audit', path: async () => '/audit' },
  { name: 'people', path: async () => '/people' },
  { name: 'roles', path: async () => '/roles' },
  { name: 'role', path: async () => '/roles/author' },
  { name: 'rights', path: async () => '/rights' },
  { name: 'account', path: async () => '/account' },
  { name: 'model', path: async () => '/model/news' },
  { name: 'model-import', path: async () => '/model-import' },
  { name: 'import', path: async () => '/import/news' },
  { name: 'search', path: async () => '/search' },
  { name: 'plugins', path: async () => '/plugins' },
  { name: 'plugin', path: async () => '/plugins/consultation' },
  { name: 'module', path: async () => '/x/consultation/groups' },
  { name: 'module-list', path: async () => '/c/consultation_meeting' },
];

/** What is wrong with a screen, in words. */
async function look(page, name) {
  await settled(page);
  await shoot(page, name);
  const found = await axeFinds(page);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (over > 1) found.push(`${over} pixels wider than the window`);
  return found.map((words) => `${name}: ${words}`);
}

for (const locale of ['fr', 'ar']) {
  for (const width of [1280, 360]) {
    test(`screens in ${locale} at ${width}`, async () => {
      const stranger = await here.window({ locale, width });
      await stranger.page.goto('/admin/');
      const wrong = await look(stranger.page, `signin-${locale}-${width}`);
      assert.equal(await stranger.page.getAttribute('html', 'dir'), locale === 'ar' ? 'rtl' : 'ltr');
      await stranger.context.close();

      const { context, page, complaints } = await here.as('administrator', { locale, width });
      const first = async (collection) => {
        const answer = await context.request.get(`/api/v1/entries/${collection}?page[size]=1&fields=id`);
        return (await answer.json()).data[0].id;
      };
      for (const screen of screens) {
        await page.goto('/admin' + (await screen.path(first)));
        wrong.push(...(await look(page, `${screen.name}-${locale}-${width}`)));
      }
      assert.deepEqual([...wrong, ...complaints], []);
      await context.close();
    });
  }
}

test('the first load of sign-in and a list is at most 350 KB', async () => {
  const { context, page } = await here.as('editor');
  const devtools = await context.newCDPSession(page);
  let bytes = 0;
  await devtools.send('Network.enable');
  devtools.on('Network.loadingFinished', (e) => (bytes += e.encodedDataLength));
  await page.goto('/admin/c/associations');
  await settled(page);
  await page.locator('a.row-link').first().waitFor();
  assert.ok(bytes < 350 * 1024, `${Math.round(bytes / 1024)} KB`);
  console.log(`first load: ${Math.round(bytes / 1024)} KB`);
  await context.close();
});
