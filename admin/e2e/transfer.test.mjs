// A spreadsheet comes into a collection: tried first, then done; and goes out again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axeFinds, downloaded, settled, shoot } from './browser.mjs';
import { suite } from './suite.mjs';

const here = suite();

test('a file of an old spreadsheet is mapped, tried, imported, and exported again', async () => {
  const { context, page, complaints } = await here.as('editor');
  const list = async (query) => (await (await context.request.get(`/api/v1/entries/news?${query}`)).json()).data;
  const [first] = await list('page[size]=1&version=draft&locale=fr&fields=id,title');
  const before = (await list('page[size]=100&version=draft&fields=id')).length;
  const csv = ['id;Titre;kind;note', `${first.id};Titre changé à la main;;x`, ';Été à Béjaïa;Entretien;', ';Sans genre connu;nonsense;'].join('\r\n');

  await page.goto('/admin/c/news');
  await settled(page);
  await page.getByRole('link', { name: 'Importer' }).click();
  await page.getByRole('heading', { name: 'Importer : Actualités' }).waitFor();
  await page.locator('input[type=file]').setInputFiles({ name: 'actus.csv', mimeType: 'text/csv', buffer: Buffer.from(csv, 'latin1') });
  await page.getByText('3 lignes').waitFor();
  assert.equal(await page.getByRole('combobox', { name: 'Encodage' }).inputValue(), 'WINDOWS-1252');
  assert.equal(await page.getByRole('combobox', { name: 'Séparateur' }).inputValue(), 'Point-virgule');
  assert.match(await page.getByRole('combobox', { name: 'Champ de la colonne : Titre' }).inputValue(), /^Titre – français$/);
  assert.equal(await page.getByRole('combobox', { name: 'Champ de la colonne : note' }).inputValue(), '');

  await page.getByRole('button', { name: 'Vérifier sans rien changer' }).click();
  await page.locator('[data-import=ended]').getByText('À créer : 1. À modifier : 1. Inchangés : 0. Refusés : 1.').waitFor();
  await page.getByRole('row', { name: /4 kind « nonsense » n’est pas un des choix/ }).waitFor();
  await shoot(page, 'import-fr-1280');
  assert.deepEqual(await axeFinds(page), []);
  assert.equal((await list('page[size]=100&version=draft&fields=id')).length, before, 'trying changes nothing');

  await page.getByRole('button', { name: 'Importer 2 lignes' }).click();
  await page.locator('[data-import=ended]').getByText('Créés : 1. Modifiés : 1.', { exact: false }).waitFor();
  const titles = (await list('page[size]=100&version=draft&locale=fr&fields=id,title')).map((e) => e.title);
  assert.ok(titles.includes('Été à Béjaïa') && titles.includes('Titre changé à la main'), titles.join(' | '));

  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Exporter tout, pour le réimporter' }).click()]);
  const text = await downloaded(file);
  assert.match(text.split('\r\n')[0], /^\uFEFFid,title\[fr\],title\[ar\]/);
  assert.match(text, /Été à Béjaïa/);
  // What was exported comes in again, and changes nothing.
  await page.reload();
  await page.locator('input[type=file]').setInputFiles({ name: 'news.csv', mimeType: 'text/csv', buffer: Buffer.from(text, 'utf8') });
  await page.getByRole('button', { name: 'Vérifier sans rien changer' }).click();
  await page.locator('[data-import=ended]').waitFor();
  await shoot(page, 'reimport-fr-1280');
  assert.match(await page.locator('[data-import=ended]').innerText(), new RegExp(`À créer : 0. À modifier : 0. Inchangés : ${before + 1}. Refusés : 0.`));
  assert.deepEqual(complaints, []);
  await context.close();
});

for (const [locale, width] of [['ar', 360], ['ar', 1280], ['fr', 360]]) {
  test(`the import in ${locale} at ${width}`, async () => {
    const { context, page, complaints } = await here.as('editor', { locale, width });
    await page.goto('/admin/import/news');
    await settled(page);
    await page.locator('input[type=file]').setInputFiles({ name: 'a.csv', mimeType: 'text/csv', buffer: Buffer.from('title[ar],Nature\nعنوان,interview\nآخر,nonsense\n') });
    // The label of a field is known in any language.
    assert.notEqual(await page.getByRole('combobox', { name: /Nature/ }).inputValue(), '');
    await page.locator('main button.mantine-Button-root').filter({ hasText: /Vérifier|فحص/ }).click();
    await page.locator('[data-import=ended]').waitFor();
    await shoot(page, `import-${locale}-${width}`);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.deepEqual([await axeFinds(page), over, complaints], [[], 0, []]);
    await context.close();
  });
}
