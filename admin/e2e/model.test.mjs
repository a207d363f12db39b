// The model: a field with its settings, a new collection, the form as editors
// will have it, and the whole of it as a file. Menus as trees.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axeFinds, downloaded, drag, saved, settled, shoot } from './browser.mjs';
import { suite } from './suite.mjs';

const here = suite();
const same = { 'Sec-Fetch-Site': 'same-origin' };

test('a field gets its kind and settings by controls, and the form is seen before', async () => {
  const { context, page, complaints } = await here.as('administrator');
  await page.goto('/admin/model/news');
  await settled(page);
  await page.getByRole('button', { name: 'Ajouter un champ' }).click();
  const dialog = page.getByRole('dialog', { name: 'Ajouter un champ' });
  await dialog.getByLabel('Libellé (français)').fill('Public visé');
  assert.equal(await dialog.getByLabel('Nom dans l’API').inputValue(), 'public_vise');
  await dialog.getByRole('combobox', { name: 'Genre' }).fill('Choix');
  await page.getByRole('option', { name: 'Choix', exact: true }).click();
  for (const [i, [value, label]] of [['parents', 'Parents'], ['jeunes', 'Jeunes']].entries()) {
    await dialog.getByRole('button', { name: 'Ajouter : Choix' }).click();
    const option = dialog.getByRole('group', { name: `Choix ${i + 1}`, exact: true });
    await option.getByLabel('Valeur gardée').fill(value);
    await option.getByLabel('français').fill(label);
  }
  await dialog.getByLabel('Plusieurs choix à la fois').check({ force: true });
  await shoot(page, 'field-dialog-fr-1280');
  assert.deepEqual(await axeFinds(page), []);
  await dialog.getByRole('button', { name: 'Ajouter', exact: true }).click();
  await dialog.waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: 'Aperçu du formulaire' }).click();
  const preview = page.getByRole('region', { name: 'Aperçu du formulaire' });
  await preview.locator('#preview-public_vise').focus();
  await page.keyboard.press('ArrowDown');
  await page.getByRole('option', { name: 'Jeunes' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Vérifier et enregistrer' }).click();
  const check = page.getByRole('dialog', { name: 'Ce que cela change' });
  await check.getByText('Champ ajouté').waitFor();
  await check.getByRole('button', { name: 'Enregistrer le modèle' }).click();
  await check.waitFor({ state: 'hidden' });
  const news = (await (await context.request.get('/api/v1/collections/news')).json()).data;
  assert.deepEqual(news.fields.at(-1).settings, { options: [{ value: 'parents', label: { fr: 'Parents' } }, { value: 'jeunes', label: { fr: 'Jeunes' } }], multiple: true });
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a collection is made, exported with the model, and an import is tried before it is done', async () => {
  const { context, page, complaints } = await here.as('administrator');
  await page.goto('/admin/model/news');
  await settled(page);
  await page.getByRole('button', { name: 'Nouvelle collection' }).click();
  const dialog = page.getByRole('dialog', { name: 'Nouvelle collection' });
  await dialog.getByLabel('Libellé (français)').fill('Salles');
  await dialog.getByLabel('Un contenu (français)').fill('Salle');
  assert.deepEqual(await axeFinds(page), []);
  await dialog.getByRole('button', { name: 'Créer la collection' }).click();
  await page.waitForURL(/\/model\/salles$/);
  await page.getByRole('navigation').getByRole('link', { name: 'Salles' }).waitFor();

  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Exporter le modèle' }).click()]);
  const model = JSON.parse(await downloaded(file));
  const rooms = model.collections.find((c) => c.id === 'salles');
  assert.equal(rooms.fields[0].name, 'title');
  rooms.fields.push({ id: 'seats', name: 'seats', kind: 'number', label: { fr: 'Places' }, settings: { integer: true } });
  model.collections.push({ id: 'materiel', name: 'materiel', label: { fr: 'Matériel' }, title: 'title', fields: [{ id: 'title', name: 'title', kind: 'text' }] });

  await page.getByRole('link', { name: 'Importer un modèle' }).click();
  await page.locator('input[type=file]').setInputFiles({ name: 'model.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(model)) });
  await page.getByRole('row', { name: /Salles.*Champ ajouté/s }).waitFor();
  await page.getByRole('row', { name: /Matériel.*Nouvelle collection, 1 champ/s }).waitFor();
  await shoot(page, 'model-import-fr-1280');
  assert.deepEqual(await axeFinds(page), []);
  assert.equal((await context.request.get('/api/v1/collections/materiel')).status(), 404, 'trying changes nothing');
  await page.getByRole('button', { name: 'Importer 2 collections' }).click();
  await page.locator('[data-model-import=ended]').waitFor();
  assert.equal((await context.request.get('/api/v1/collections/materiel')).status(), 200);
  const now = (await (await context.request.get('/api/v1/collections/salles')).json()).data;
  assert.equal(now.fields.at(-1).name, 'seats');
  await page.locator('input[type=file]').setInputFiles({ name: 'x.json', mimeType: 'application/json', buffer: Buffer.from('{}') });
  await page.getByText('Ce fichier n’est pas un modèle de Recueil.').waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

for (const [locale, width] of [['fr', 1280], ['ar', 1280], ['fr', 360], ['ar', 360]]) {
  test(`a menu is a tree that is ordered by keys, buttons and drag, in ${locale} at ${width}`, async () => {
    const { context, page, complaints } = await here.as('editor', { locale, width });
    const made = await context.request.post('/api/v1/entries/menus', {
      data: { locale, key: `menu-${locale}-${width}`, items: ['Un', 'Deux', 'Trois'].map((label) => ({ label, url: '/associations' })) }, headers: same,
    });
    assert.equal(made.status(), 201, await made.text());
    const { id } = (await made.json()).data;
    const tree = async () => {
      await saved(page);
      const { items } = (await (await context.request.get(`/api/v1/entries/menus/${id}?version=draft&locale=${locale}`)).json()).data;
      const drawn = (list) => list.map((i) => i.label + (i.items?.length ? `(${drawn(i.items)})` : '')).join(' ');
      return drawn(items);
    };
    const becomes = async (wanted) => {
      await page.waitForFunction(
        async ({ id, locale, wanted }) => {
          const drawn = (list) => list.map((i) => i.label + (i.items?.length ? `(${drawn(i.items)})` : '')).join(' ');
          return drawn((await (await fetch(`/api/v1/entries/menus/${id}?version=draft&locale=${locale}`)).json()).data.items) === wanted;
        },
        { id, locale, wanted },
      );
      assert.equal(await tree(), wanted);
    };
    await page.goto(`/admin/c/menus/${id}`);
    await settled(page);
    const grip = (name) => page.getByRole('button', { name: locale === 'fr' ? `Déplacer ${name}` : name }).and(page.locator('.grip'));
    const [inward, outward] = locale === 'fr' ? ['ArrowRight', 'ArrowLeft'] : ['ArrowLeft', 'ArrowRight'];
    await grip('Deux').focus();
    await page.keyboard.press(inward);
    await becomes('Un(Deux) Trois');
    await grip('Trois').focus();
    await page.keyboard.press(inward);
    await becomes('Un(Deux Trois)');
    await page.keyboard.press('ArrowUp');
    await becomes('Un(Trois Deux)');
    await page.keyboard.press(outward);
    await becomes('Un(Deux) Trois');
    await shoot(page, `menu-${locale}-${width}`);
    assert.deepEqual(await axeFinds(page), []);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(over <= 1, `${over} pixels wider than the window`);
    if (width === 1280) {
      await drag(page, grip('Trois'), page.locator('[role=listitem]').filter({ hasText: 'Un' }).first());
      await becomes('Trois Un(Deux)');
    }
    assert.deepEqual(complaints, []);
    await context.close();
  });
}
