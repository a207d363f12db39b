// Beside the forms: the preview, the checks, the search desk, the plugins.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axeFinds, saved, settled, shoot } from './browser.mjs';
import { suite } from './suite.mjs';

const here = suite();
const same = { 'Sec-Fetch-Site': 'same-origin' };

async function made(context, collection, data) {
  const answer = await context.request.post(`/api/v1/entries/${collection}`, { data, headers: same });
  assert.equal(answer.status(), 201, await answer.text());
  return (await answer.json()).data.id;
}

for (const [locale, width] of [['fr', 1280], ['ar', 360]]) {
  test(`the page of a draft stands beside its form and follows what is saved, in ${locale} at ${width}`, async () => {
    const { context, page, complaints } = await here.as('editor', { locale, width });
    const id = await made(context, 'news', { locale: 'fr', title: 'Avant', summary: 'Un résumé.', body: 'Du texte.' });
    await page.goto(`/admin/c/news/${id}`);
    await settled(page);
    await page.getByRole('tab', { name: locale === 'fr' ? /français/ : /الفرنسية/ }).click();
    await page.getByRole('button', { name: locale === 'fr' ? 'Aperçu du site' : 'معاينة الموقع', exact: true }).click();
    const inside = page.frameLocator('.preview iframe');
    await inside.getByRole('heading', { level: 1, name: 'Avant' }).waitFor();
    await page.locator('#entry-title').fill('Après');
    await saved(page);
    await inside.getByRole('heading', { level: 1, name: 'Après' }).waitFor();
    await shoot(page, `preview-${locale}-${width}`);
    await page.getByRole('button', { name: locale === 'fr' ? 'Partager l’aperçu' : 'مشاركة المعاينة' }).click();
    await page.getByRole('button', { name: locale === 'fr' ? 'Créer le lien' : 'إنشاء الرابط' }).click();
    const link = page.locator('.mantine-Popover-dropdown input[value^=http]');
    await link.waitFor();
    // Whoever has the link needs no account.
    const stranger = await here.browser.newContext();
    const answer = await stranger.request.get(await link.inputValue());
    assert.equal(answer.status(), 200);
    assert.match(await answer.text(), /Après/);
    await stranger.close();
    assert.deepEqual(complaints, []);
    await context.close();
  });
}

test('the checks find what readers would stumble over, and lead there', async () => {
  const { context, page, complaints } = await here.as('editor');
  const id = await made(context, 'news', { locale: 'fr', title: 'À vérifier', body: '## Un\n\n#### Trop bas\n\n[cliquez ici](https://example.org)' });
  await page.goto(`/admin/c/news/${id}`);
  await settled(page);
  await page.getByRole('button', { name: /^Vérifications \(/ }).click();
  const drawer = page.getByRole('dialog', { name: 'Vérifications' });
  await drawer.getByText(/saute un niveau/).waitFor();
  await drawer.getByText(/ne dit pas où il mène/).waitFor();
  await drawer.getByText('Il n’y a pas de version en arabe.').waitFor();
  await drawer.getByText('Dans un moteur de recherche').waitFor();
  await shoot(page, 'checks-fr-1280');
  // Of the text behind it axe would find the same as the checks do.
  assert.deepEqual(await axeFinds(page, '[role=dialog]'), []);
  await drawer.getByRole('button', { name: 'Résumé' }).click();
  await page.waitForFunction(() => document.activeElement?.closest('[data-field]')?.dataset.field === 'summary');
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a search that finds nothing gets a pinned result, and the index is made anew', async () => {
  const visitor = await here.browser.newContext({ baseURL: here.demo.url });
  for (let i = 0; i < 4; i++) {
    const answer = await visitor.request.get('/api/v1/search?q=zanzibar&locale=fr');
    assert.equal(answer.status(), 200);
  }
  await visitor.close();
  const { context, page, complaints } = await here.as('administrator');
  await page.goto('/admin/search');
  await settled(page);
  const week = page.getByRole('table', { name: 'Par semaine' });
  await week.waitFor().catch(() => undefined);
  await page.reload();
  await settled(page);
  await shoot(page, 'desk-fr-1280');
  assert.deepEqual(await axeFinds(page), []);
  await page.getByRole('button', { name: 'Refaire l’index' }).click();
  await page.locator('[data-building=true]').or(page.locator('[data-building=false]')).first().waitFor();
  await page.locator('[data-building=false]').waitFor();
  const row = page.getByRole('row', { name: /zanzibar/ });
  await row.getByRole('button', { name: /^Épingler un résultat/ }).click();
  await page.waitForURL(/\/c\/pins\/[0-9A-Z]{26}$/);
  await page.locator('#entry-words').waitFor();
  assert.equal(await page.locator('#entry-words').inputValue(), 'zanzibar');
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a plugin is installed, approved in plain words, set up, watched, restarted and removed', async () => {
  const { context, page, complaints } = await here.as('administrator');
  await page.goto('/admin/plugins');
  await settled(page);
  await page.getByRole('button', { name: 'Installer : Agenda' }).click();
  await page.waitForURL(/\/plugins\/agenda$/);
  await page.getByText('lire, lire les brouillons, modifier, publier').waitFor();
  await page.locator('[data-state=waiting], [data-state=starting]').first().waitFor();
  await shoot(page, 'plugin-asks-fr-1280');
  assert.deepEqual(await axeFinds(page), []);
  await page.getByRole('button', { name: /^Accorder et lancer la version/ }).click();
  await page.locator('[data-state=running]').waitFor();
  await page.getByText(/Enfermée|Clôturée|Aucun : ce système/).first().waitFor();
  await shoot(page, 'plugin-fr-1280');
  assert.deepEqual(await axeFinds(page), []);

  const seats = page.locator('#setting-seats');
  await seats.fill('0');
  await page.getByRole('button', { name: 'Enregistrer' }).click();
  await page.getByRole('alert').first().waitFor();
  await seats.fill('30');
  await page.getByRole('button', { name: 'Enregistrer' }).click();
  await page.waitForFunction(async () => (await (await fetch('/api/v1/plugins/agenda')).json()).data.settings?.seats === 30);
  await page.locator('[data-state=running]').waitFor();

  await page.getByRole('button', { name: 'Redémarrer' }).click();
  await page.getByText('Redémarrée').first().waitFor();
  await page.locator('[data-state=running]').waitFor();
  await page.getByRole('button', { name: 'Désinstaller' }).click();
  const dialog = page.getByRole('dialog', { name: /^Désinstaller Agenda/ });
  await dialog.getByRole('button', { name: 'Désinstaller' }).click();
  await page.getByRole('button', { name: 'Installer : Agenda' }).waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});
