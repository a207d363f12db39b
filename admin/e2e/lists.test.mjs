// Lists: many entries at once and the way back, views, export, keys.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axeFinds, downloaded, settled, shoot } from './browser.mjs';
import { suite } from './suite.mjs';

const here = suite();

/** The newest values of a field of all associations, by id. */
async function valuesOf(context, field) {
  const answer = await context.request.get(`/api/v1/entries/associations?page[size]=100&version=draft&fields=id,status,${field}`);
  return Object.fromEntries((await answer.json()).data.map((e) => [e.id, e[field]]));
}

const bar = (page) => page.getByRole('region', { name: 'Actions groupées' });
const ended = (page, name) => page.locator('[data-job=ended]').filter({ hasText: name });

test('the value of a field is set in many entries, and taken back', async () => {
  const { context, page, complaints } = await here.as('editor');
  const before = await valuesOf(context, 'volunteers');
  await page.goto('/admin/c/associations');
  await settled(page);
  await page.locator('tr[data-entry] input').first().click();
  await page.locator('tr[data-entry] input').nth(3).click({ modifiers: ['Shift'] });
  await bar(page).getByText('4 sélectionnés').waitFor();
  await bar(page).getByRole('button', { name: /^Sélectionner les/ }).click();
  await bar(page).getByText(`${Object.keys(before).length} sélectionnés`).waitFor();
  await shoot(page, 'bulk-fr-1280');
  await bar(page).getByRole('button', { name: 'Modifier un champ' }).click();
  const dialog = page.getByRole('dialog', { name: 'Modifier un champ' });
  await dialog.getByLabel('Champ', { exact: true }).fill('Bénévoles');
  await page.getByRole('option', { name: /Bénévoles/ }).first().click();
  await dialog.locator('#bulk-volunteers').fill('77');
  assert.deepEqual(await axeFinds(page), []);
  await dialog.getByRole('button', { name: 'Modifier un champ' }).click();
  await ended(page, 'Modifier un champ').waitFor();
  assert.deepEqual([...new Set(Object.values(await valuesOf(context, 'volunteers')))], [77]);
  await shoot(page, 'bulk-done-fr-1280');
  assert.deepEqual(await axeFinds(page), []);
  await ended(page, 'Modifier un champ').getByRole('button', { name: 'Annuler cette action' }).click();
  await ended(page, 'Annulation').waitFor();
  assert.deepEqual(await valuesOf(context, 'volunteers'), before);
  assert.deepEqual([...new Set(Object.values(await valuesOf(context, 'status')))], ['published']);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('what cannot be done is told with the reason, and the rest comes back', async () => {
  const { context, page, complaints } = await here.as('editor');
  const before = Object.keys(await valuesOf(context, 'name')).sort();
  await page.goto('/admin/c/associations');
  await settled(page);
  await page.getByLabel('Sélectionner toute la page').check();
  await bar(page).getByRole('button', { name: 'Mettre à la corbeille' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Mettre à la corbeille' }).click();
  await ended(page, 'Mettre à la corbeille').getByText(/refusé/).first().waitFor();
  const reasons = page.getByRole('list', { name: 'Voir les refus' });
  await reasons.getByRole('link').first().waitFor();
  await shoot(page, 'bulk-refused-fr-1280');
  assert.deepEqual(await axeFinds(page), []);
  assert.ok(Object.keys(await valuesOf(context, 'name')).length < before.length);
  await page.getByRole('button', { name: 'Annuler cette action' }).click();
  await ended(page, 'Annulation').waitFor();
  assert.deepEqual(Object.keys(await valuesOf(context, 'name')).sort(), before);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('entries are withdrawn and published together, and undone with a newer draft beside', async () => {
  const { context, page, complaints } = await here.as('editor');
  const list = await (await context.request.get('/api/v1/entries/news?page[size]=3&sort=title&version=draft&locale=fr&fields=id,title')).json();
  const ids = list.data.map((e) => e.id);
  const origin = { 'Sec-Fetch-Site': 'same-origin' };
  const now = async (version) => {
    const answers = await Promise.all(ids.map((id) => context.request.get(`/api/v1/entries/news/${id}?version=${version}&locale=fr`)));
    return Promise.all(answers.map(async (a) => (a.ok() ? (await a.json()).data.title : null)));
  };
  await context.request.patch(`/api/v1/entries/news/${ids[0]}`, { data: { locales: { fr: { title: 'Un brouillon plus récent' } } }, headers: { ...origin, 'If-Match': '*' } });
  const [live, written] = [await now('published'), await now('draft')];
  assert.notDeepEqual(live, written);
  await page.goto('/admin/c/news?sort=title');
  await settled(page);
  for (const id of ids) await page.locator(`tr[data-entry="${id}"] input`).check();
  await bar(page).getByRole('button', { name: 'Dépublier' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Dépublier' }).click();
  await ended(page, 'Dépublier').waitFor();
  assert.deepEqual(await now('published'), [null, null, null]);
  await page.getByRole('button', { name: 'Annuler cette action' }).click();
  await ended(page, 'Annulation').waitFor();
  assert.deepEqual([await now('published'), await now('draft')], [live, written]);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a view is kept with the account, and a list is exported', async () => {
  const { context, page, complaints } = await here.as('editor');
  await page.goto('/admin/c/associations');
  await settled(page);
  await page.getByRole('searchbox', { name: 'Chercher dans les titres' }).fill('de');
  await page.waitForURL(/q=de/);
  await page.getByRole('button', { name: 'Colonnes' }).click();
  await page.getByRole('checkbox', { name: 'Bénévoles' }).check();
  await page.getByRole('button', { name: 'Monter : Bénévoles' }).click();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Vues' }).click();
  await page.getByRole('menuitem', { name: 'Garder cette vue' }).click();
  await page.getByRole('dialog').getByLabel('Nom de la vue').fill('Avec bénévoles');
  await page.getByRole('dialog').getByRole('button', { name: 'Enregistrer' }).click();
  await page.getByRole('button', { name: 'Avec bénévoles' }).waitFor();

  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Exporter en CSV' }).click()]);
  const text = await downloaded(file);
  assert.ok(text.startsWith('\uFEFFid,Nom,'), text.slice(0, 40));
  assert.match(text.split('\r\n')[0], /Bénévoles/);
  const total = Number(/^\d+/.exec(await page.getByText(/^\d+ contenus$/).textContent())[0]);
  assert.equal(text.trimEnd().split('\r\n').length, total + 1);
  await context.close();

  // On another device, that is: with nothing kept in the browser.
  const other = await here.as('editor');
  await other.page.goto('/admin/c/associations');
  await settled(other.page);
  await other.page.getByRole('button', { name: 'Vues' }).click();
  await other.page.getByRole('menuitem', { name: 'Avec bénévoles' }).click();
  await other.page.waitForURL(/q=de/);
  await other.page.getByRole('columnheader', { name: 'Bénévoles' }).waitFor();
  await shoot(other.page, 'view-fr-1280');
  assert.deepEqual([...complaints, ...other.complaints], []);
  await other.context.close();
});

test('a list is worked through with the keyboard alone', async () => {
  const { context, page, complaints } = await here.as('editor');
  await page.goto('/admin/c/associations');
  await settled(page);
  const focused = () => page.evaluate(() => [...document.querySelectorAll('tr[data-entry]')].findIndex((row) => row.contains(document.activeElement)));
  await page.locator('tr[data-entry]').first().waitFor();
  await page.keyboard.press('j');
  assert.equal(await focused(), 0);
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await bar(page).getByText('1 sélectionné').waitFor();
  await page.keyboard.press('Shift+ArrowDown');
  await bar(page).getByText('2 sélectionnés').waitFor();
  await page.keyboard.press('k');
  assert.equal(await focused(), 1);
  await page.keyboard.press('/');
  assert.equal(await page.evaluate(() => document.activeElement.type), 'search');
  await page.locator('tr[data-entry] a.row-link').first().focus();
  await page.keyboard.press('Enter');
  await page.locator('#entry-name').waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test('from the list to an editor that one can type in', async () => {
  const { context, page } = await here.as('editor');
  await page.goto('/admin/c/associations');
  await settled(page);
  const took = [];
  for (let i = 0; i < 5; i++) {
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
  console.log(`list to editor: ${took.join(', ')} ms`); // printed, not judged: this machine may be busy
  await context.close();
});
