// Files, history, the comparison before publishing, people, the model.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axeFinds, saved, settled, shoot } from './browser.mjs';
import { suite } from './suite.mjs';

const here = suite();

// A picture of one pixel.
const pixel = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

test('what changed is shown before publishing, and the history takes back a mistake', async () => {
  const { context, page, complaints } = await here.as('editor');
  await page.goto('/admin/c/news');
  await page.getByRole('link', { name: /Une charte pour ouvrir/ }).click();
  await settled(page);
  await page.locator('#entry-title').fill('Une charte pour fermer les maisons de jeunes');
  await page.getByRole('tab', { name: /français.*Modifié depuis/ }).waitFor();
  await saved(page);
  await page.locator('.editor-head').getByRole('button', { name: 'Autres actions' }).click();
  await page.getByRole('menuitem', { name: 'Publier' }).or(page.getByRole('menuitem', { name: 'Programmer' })).first().waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+Shift+P');
  const dialog = page.getByRole('dialog', { name: 'Publier' });
  await dialog.locator('ins', { hasText: 'fermer' }).waitFor();
  await shoot(page, 'publish-fr-1280');
  assert.deepEqual(await axeFinds(page), []);
  await dialog.getByRole('button', { name: 'Annuler' }).click();
  await dialog.waitFor({ state: 'hidden' });

  await page.getByRole('button', { name: 'Historique' }).click();
  const history = page.getByRole('dialog', { name: 'Historique' });
  await history.getByRole('button', { name: /Modifié · Vous/ }).first().click();
  await history.locator('ins', { hasText: 'fermer' }).waitFor();
  await shoot(page, 'history-fr-1280');
  assert.deepEqual(await axeFinds(page), []);
  await history.getByRole('button', { name: /^Importé/ }).click();
  await history.getByRole('button', { name: 'Reprendre cette version' }).click();
  await page.waitForFunction(() => document.querySelector('#entry-title').value === 'Une charte pour ouvrir les maisons de jeunes');
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a file is sent, described, used and found to be used', async () => {
  const { context, page, complaints } = await here.as('editor');
  await page.goto('/admin/assets');
  await settled(page);
  await page.locator('input[type=file]').setInputFiles({ name: 'carte-des-wilayas.png', mimeType: 'image/png', buffer: pixel });
  await page.locator('button.card', { hasText: 'carte-des-wilayas' }).click();
  const panel = page.getByRole('dialog', { name: 'Fichier' });
  await panel.getByLabel('Texte de remplacement (français)').fill('Carte des wilayas');
  await panel.getByLabel('Texte de remplacement (arabe)').fill('خريطة الولايات');
  await panel.getByText('Aucun contenu ne l’utilise.').first().waitFor();
  await shoot(page, 'asset-fr-1280');
  assert.deepEqual(await axeFinds(page), []);
  await panel.getByRole('button', { name: 'Enregistrer' }).click();
  await panel.waitFor({ state: 'hidden' });

  await page.goto('/admin/c/news/new');
  await page.locator('#entry-title').fill('Avec une image');
  await page.locator('#entry-image-choose').click();
  await page.getByRole('dialog').getByRole('button', { name: /carte-des-wilayas/ }).click();
  await page.waitForURL(/\/c\/news\/[0-9A-Z]{26}$/);
  await saved(page);
  await page.goto('/admin/assets');
  await page.getByRole('button', { name: /carte-des-wilayas/ }).click();
  await panel.getByRole('link', { name: 'Avec une image' }).waitFor();
  assert.equal(await panel.getByLabel('Texte de remplacement (arabe)').inputValue(), 'خريطة الولايات');
  assert.deepEqual(complaints, []);
  await context.close();
});

test('somebody is given an account, and loses it', async () => {
  const { context, page, complaints } = await here.as('administrator');
  await page.goto('/admin/people');
  await page.getByRole('button', { name: 'Nouveau compte' }).click();
  const dialog = page.getByRole('dialog', { name: 'Nouveau compte' });
  await dialog.getByLabel('Nom').fill('Yamina Test');
  await dialog.getByLabel('Courriel').fill('yamina@pact.example.org');
  await dialog.getByRole('combobox', { name: 'Rôles' }).press('ArrowDown');
  await page.getByRole('option', { name: /^Auteur|^Rédact|^Autrice/ }).first().click();
  await dialog.getByLabel('Nom').focus();
  await dialog.getByRole('button', { name: 'Enregistrer' }).click();
  const row = page.getByRole('row', { name: /Yamina Test/ });
  await row.waitFor();
  await row.getByRole('button', { name: /Modifier/ }).click();
  const edit = page.getByRole('dialog', { name: /Yamina/ });
  await edit.getByLabel('Compte désactivé').check();
  await edit.getByRole('button', { name: 'Enregistrer' }).click();
  await row.getByText('Désactivé').first().waitFor();
  await page.goto('/admin/audit');
  await page.getByRole('cell', { name: /Compte modifié/ }).first().waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a field is added to a collection, after a look at what that does', async () => {
  const { context, page, complaints } = await here.as('administrator');
  await page.goto('/admin/model/news');
  await settled(page);
  await page.getByRole('button', { name: 'Ajouter un champ' }).click();
  const dialog = page.getByRole('dialog', { name: 'Ajouter un champ' });
  await dialog.getByLabel('Nom dans l’API').fill('venue');
  await dialog.getByLabel('Libellé (français)').fill('Lieu de la rencontre');
  await dialog.getByRole('button', { name: 'Ajouter' }).click();
  await page.getByText('Lieu de la rencontre').first().waitFor();
  await page.getByRole('button', { name: 'Vérifier et enregistrer' }).click();
  const check = page.getByRole('dialog', { name: 'Ce que cela change' });
  await check.getByRole('button', { name: 'Enregistrer le modèle' }).click();
  await check.waitFor({ state: 'hidden' });
  await page.goto('/admin/c/news/new');
  await page.locator('#entry-venue').fill('Oran');
  await page.waitForURL(/\/c\/news\/[0-9A-Z]{26}$/);
  await saved(page);
  assert.deepEqual(complaints, []);
  await context.close();
});
