// What plugins show: a screen in the menu, a card of home, a panel beside the
// editor, a frame; with the console's own components, in both directions.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axeFinds, saved, settled, shoot } from './browser.mjs';
import { suite } from './suite.mjs';

const same = { 'Sec-Fetch-Site': 'same-origin' };
let meeting;

const here = suite({ prepare: async (site) => {
  const { context } = await site.as('administrator');
  // A plugin that is late on a busy machine says when to come again.
  const post = async (path, data) => {
    for (;;) {
      const answer = await context.request.post(`/api/v1${path}`, { data, headers: same });
      if (answer.ok()) return (await answer.json()).data;
      const after = answer.status() === 503 && (await answer.json()).retry_after;
      assert.ok(after, `${path}: ${answer.status()} ${await answer.text()}`);
      await new Promise((resolve) => setTimeout(resolve, 1000 * after));
    }
  };
  const installed = await post('/plugins?bundled=agenda');
  await post('/plugins/agenda/actions/approve', { version: installed.pending.version });
  for (let deadline = Date.now() + 120_000; ; ) {
    const { status } = (await (await context.request.get('/api/v1/plugins/agenda')).json()).data;
    if (status?.state === 'running') break;
    assert.ok(Date.now() < deadline, JSON.stringify(status));
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  const soon = new Date(Date.now() + 2 * 24 * 3600_000).toISOString().slice(0, 10);
  meeting = (await post('/entries/agenda', { locale: 'fr', title: 'Rencontre de Béjaïa', day: soon, place: 'Maison des jeunes', seats: 20, taken: 3 })).id;
  await post(`/entries/agenda/${meeting}/actions/publish`, {});
  await context.close();
} });

for (const [locale, width] of [['fr', 1280], ['ar', 1280], ['fr', 360], ['ar', 360]]) {
  test(`the places of a plugin in ${locale} at ${width}`, async () => {
    const { context, page, complaints } = await here.as('administrator', { locale, width });
    const wrong = [];
    const look = async (name) => {
      await settled(page);
      await shoot(page, `${name}-${locale}-${width}`);
      wrong.push(...(await axeFinds(page)).map((w) => `${name}: ${w}`));
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (over > 1) wrong.push(`${name}: ${over} pixels wider than the window`);
    };
    await page.goto('/admin/');
    await page.getByRole('region', { name: locale === 'fr' ? 'Prochaines rencontres' : 'اللقاءات القادمة' }).getByText(/Rencontre de Béjaïa/).waitFor();
    await look('home-plugin');
    await page.goto('/admin/x/agenda/registrations');
    await page.getByRole('link', { name: 'Rencontre de Béjaïa' }).waitFor();
    await look('plugin-screen');
    await page.goto(`/admin/c/agenda/${meeting}`);
    await page.getByRole('region', { name: locale === 'fr' ? 'Places' : 'المقاعد' }).getByRole('button').waitFor();
    await look('plugin-panel');
    await page.goto('/admin/x/agenda/week');
    await page.frameLocator('iframe.plugin-frame').getByText('Rencontre de Béjaïa').waitFor();
    await look('plugin-frame');
    assert.deepEqual([...wrong, ...complaints], []);
    await context.close();
  });
}

test('a screen of a plugin stands in the menu, acts after a question, and leads to an entry', async () => {
  const { context, page, complaints } = await here.as('administrator');
  await page.goto('/admin/');
  await page.getByRole('navigation').getByRole('link', { name: 'Inscriptions' }).click();
  await page.waitForURL(/\/x\/agenda\/registrations$/);
  const row = page.getByRole('row', { name: /Rencontre de Béjaïa/ });
  await row.getByText('3', { exact: true }).waitFor();
  await row.getByRole('button', { name: 'Remettre à zéro' }).click();
  const dialog = page.getByRole('dialog', { name: /Effacer les inscriptions/ });
  await dialog.getByRole('button', { name: 'Annuler' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await row.getByRole('button', { name: 'Remettre à zéro' }).click();
  await dialog.getByRole('button', { name: 'Remettre à zéro' }).click();
  await page.getByText('C’est fait.').first().waitFor();
  await row.getByText('0', { exact: true }).waitFor();
  await row.getByRole('link', { name: 'Rencontre de Béjaïa' }).click();
  await page.waitForURL(new RegExp(`/c/agenda/${meeting}$`));
  await page.locator('#entry-title').waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a panel changes what is being written, and it is saved with the rest', async () => {
  const { context, page, complaints } = await here.as('editor');
  await page.goto(`/admin/c/agenda/${meeting}`);
  await settled(page);
  const panel = page.getByRole('region', { name: 'Places' });
  await panel.getByText('Il y a 20 places', { exact: false }).waitFor();
  await panel.getByRole('button', { name: 'Ajouter 10 places' }).click();
  await page.waitForFunction(() => document.querySelector('#entry-seats').value === '30');
  await panel.getByText('Il y a 30 places', { exact: false }).waitFor();
  await saved(page);
  await page.waitForFunction(async (id) => (await (await fetch(`/api/v1/entries/agenda/${id}?version=draft&locale=fr`)).json()).data.seats === 30, meeting);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('what is signed without a network is kept, and sent when it is back', async () => {
  const { context, page } = await here.as('editor', { width: 360 });
  const found = await (await context.request.get('/api/v1/entries/training_sessions?filter[code][_eq]=gcp-oran')).json();
  await page.goto(`/admin/x/training/board?session=${found.data[0].id}`);
  await page.getByRole('tab', { name: 'Émargement' }).click();
  const morning = page.getByRole('region', { name: /, matin$/ }).first();
  const present = morning.getByRole('button', { name: 'Présent' });
  await present.first().waitFor();
  const people = await present.count();
  await context.setOffline(true);
  await present.first().click();
  await morning.getByRole('button', { name: 'Signer la demi-journée' }).click();
  await page.getByText('en attente du réseau : 2').waitFor();
  assert.equal(await present.first().isDisabled(), true);
  await settled(page);
  await shoot(page, 'plugin-offline-fr-360');
  assert.deepEqual(await axeFinds(page), []);
  await context.setOffline(false);
  await morning.getByRole('button', { name: 'Retirer la signature' }).waitFor();
  await page.getByText('en attente du réseau').waitFor({ state: 'detached' });
  assert.equal(await present.count(), people - 1);
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('recueil.waiting.'))), []);
  await context.close();
});
