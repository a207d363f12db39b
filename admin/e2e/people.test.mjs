// Accounts, roles and rights, and one's own account: password, second factor,
// sessions, tokens.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { axeFinds, settled, shoot, signIn } from './browser.mjs';
import { password } from './program.mjs';
import { suite } from './suite.mjs';

const here = suite();

/** What an authenticator app shows (RFC 6238), some steps of 30 seconds from now. */
function codeOf(secret, steps = 0) {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret.replace(/[\s=]/g, '')].map((c) => letters.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac('sha1', key).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

test('a role is made in plain words, explained, looked through and removed', async () => {
  const { context, page, complaints } = await here.as('administrator');
  await page.goto('/admin/people');
  await settled(page);
  await page.getByRole('tab', { name: 'Rôles' }).click();
  await page.getByRole('link', { name: 'Nouveau rôle' }).click();
  await page.getByLabel('Identifiant').fill('news-desk');
  await page.getByLabel('Libellé (français)').fill('Desk actualités');
  await page.getByRole('button', { name: 'Ajouter un droit' }).click();
  const right = page.getByRole('region', { name: 'Droit 1' });
  await right.getByRole('combobox', { name: 'Où' }).fill('Actual');
  await page.getByRole('option', { name: 'Actualités' }).click();
  await right.getByRole('checkbox', { name: 'modifier' }).check();
  await right.getByRole('combobox', { name: 'Lesquels' }).click();
  await page.getByRole('option', { name: 'Ceux que la personne a créés' }).click();
  await right.getByRole('checkbox', { name: 'Tous les champs' }).uncheck();
  await right.getByRole('combobox', { name: 'Seulement ces champs' }).fill('Titre');
  await page.getByRole('option', { name: 'Titre' }).click();
  await page.keyboard.press('Escape');
  await page.locator('.mantine-MultiSelect-dropdown').waitFor({ state: 'hidden' });
  await right.getByText('Actualités : lire ce qui est publié, modifier – Ceux que la personne a créés – seulement : Titre').waitFor();
  await shoot(page, 'grant-fr-1280');
  assert.deepEqual(await axeFinds(page), []);
  await page.getByRole('button', { name: 'Enregistrer' }).click();
  const card = page.getByRole('region', { name: 'Desk actualités' });
  await card.getByText(/seulement : Titre/).waitFor();

  // Why may the reviewer not change news?
  await page.getByRole('tab', { name: 'Droits' }).click();
  const choose = async (label, text, option) => {
    await page.getByRole('combobox', { name: label, exact: true }).fill(text);
    await page.getByRole('option', { name: option }).first().click();
  };
  const people = (await (await context.request.get('/api/v1/users?page[size]=100')).json()).data;
  const reviewer = people.find((u) => u.email.startsWith('reviewer@')).name;
  await choose('Personne', reviewer, reviewer);
  await choose('Où', 'Actual', 'Actualités');
  await page.getByRole('combobox', { name: 'Quoi' }).click();
  await page.getByRole('option', { name: 'modifier' }).click();
  await page.getByText('Non, c’est refusé').waitFor();
  await page.getByText(/ne dit rien de cette action/).first().waitFor();
  await shoot(page, 'explained-fr-1280');
  assert.deepEqual(await axeFinds(page), []);

  // As the role sees the site: nothing of the administration, and nothing can be changed.
  await page.getByRole('tab', { name: 'Rôles' }).click();
  await page.getByRole('button', { name: 'Voir comme ce rôle : Desk actualités' }).click();
  await page.getByText('Vous voyez la console comme : Desk actualités').waitFor();
  await page.getByRole('link', { name: 'Actualités' }).first().waitFor();
  await page.getByRole('link', { name: 'Journal' }).waitFor({ state: 'hidden' });
  await shoot(page, 'view-as-fr-1280');
  assert.deepEqual(await axeFinds(page), []);
  await page.getByRole('button', { name: 'Revenir à mes droits' }).click();
  await page.getByRole('link', { name: 'Journal' }).waitFor();

  await page.goto('/admin/roles/news-desk');
  await page.getByRole('button', { name: 'Supprimer le rôle' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Supprimer le rôle' }).click();
  await page.waitForURL(/\/roles$/);
  await card.waitFor({ state: 'hidden' });
  assert.deepEqual(complaints, []);
  await context.close();
});

test('somebody is invited, and their account is erased', async () => {
  const { context, page, complaints } = await here.as('administrator');
  await page.goto('/admin/people');
  await page.getByRole('button', { name: 'Nouveau compte' }).click();
  const dialog = page.getByRole('dialog', { name: 'Nouveau compte' });
  await dialog.getByLabel('Nom').fill('Karim Invité');
  await dialog.getByLabel('Courriel').fill('karim@pact.example.org');
  await dialog.getByRole('checkbox', { name: 'Envoyer une invitation' }).waitFor();
  await dialog.getByRole('button', { name: 'Enregistrer' }).click();
  const row = page.getByRole('row', { name: /Karim Invité/ });
  await row.getByRole('button', { name: /Modifier/ }).click();
  const edit = page.getByRole('dialog', { name: 'Karim Invité' });
  await edit.getByRole('button', { name: 'Effacer le compte' }).click();
  await edit.getByText(/détruits pour toujours/).waitFor();
  await shoot(page, 'user-fr-1280');
  assert.deepEqual(await axeFinds(page), []);
  await edit.getByRole('button', { name: 'Effacer le compte' }).last().click();
  await row.waitFor({ state: 'hidden' });
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a token is shown once, works, and ends', async () => {
  const { context, page, complaints } = await here.fresh('editor');
  await page.goto('/admin/account');
  await settled(page);
  await page.getByRole('button', { name: 'Nouveau jeton' }).click();
  await page.getByRole('textbox', { name: 'Nom' }).last().fill('Site miroir');
  await page.getByRole('button', { name: 'Créer le jeton' }).click();
  const secret = await page.locator('[data-secret]').textContent();
  await shoot(page, 'token-fr-1280');
  assert.deepEqual(await axeFinds(page), []);
  const answer = () => fetch(`${here.demo.url}/api/v1/me`, { headers: { Authorization: `Bearer ${secret}` } });
  assert.equal((await answer()).status, 200);
  await page.getByRole('button', { name: 'Je l’ai gardé' }).click();
  await page.locator('[data-secret]').waitFor({ state: 'detached' });
  const revoke = page.getByRole('button', { name: 'Révoquer : Site miroir' });
  await revoke.click();
  await revoke.click();
  await page.locator('[data-token]', { hasText: 'Site miroir' }).getByText('Révoqué').waitFor();
  assert.equal((await answer()).status, 401);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a second factor is set up with its picture, asked for, and sessions end', async () => {
  const { context, page, complaints } = await here.fresh('reviewer');
  const other = await here.fresh('reviewer');
  await page.goto('/admin/account');
  await settled(page);
  await page.getByRole('button', { name: 'Fermer la session', exact: false }).first().click();
  await page.locator('[data-session]').nth(1).waitFor({ state: 'detached' });
  assert.equal((await other.context.request.get('/api/v1/me/sessions')).status(), 401);

  const card = page.getByRole('region', { name: 'Double authentification' });
  await card.getByRole('button', { name: 'Activer' }).click();
  await card.getByLabel('Mot de passe actuel').fill(password);
  await card.getByRole('button', { name: 'Activer' }).click();
  await card.getByRole('img', { name: /Code QR/ }).waitFor();
  const shown = await card.getByRole('img', { name: /Code QR/ }).evaluate((i) => i.complete && i.naturalWidth);
  assert.notEqual(shown, 0, 'the picture is not drawn');
  const secret = await card.locator('code').first().textContent();
  await shoot(page, 'factor-fr-1280');
  assert.deepEqual(await axeFinds(page), []);
  await card.getByLabel('Code').fill(codeOf(secret));
  await card.getByRole('button', { name: 'Confirmer' }).click();
  await card.getByText('Codes de secours').first().waitFor();
  const codes = await card.locator('li code').allTextContents();
  assert.ok(codes.length >= 8, String(codes.length));
  await shoot(page, 'recovery-fr-1280');
  await card.getByRole('button', { name: 'Je les ai gardés' }).click();
  await card.getByText(/Active : un code/).waitFor();

  const third = await here.fresh(null);
  await third.page.goto('/admin/');
  await third.page.getByLabel('Courriel').fill('reviewer@pact.example.org');
  await third.page.locator('input[name=password]').fill(password);
  await third.page.getByRole('button', { name: 'Se connecter', exact: true }).click();
  await third.page.getByLabel('Code').fill(codes[0]);
  await third.page.getByRole('button', { name: 'Se connecter' }).click();
  await settled(third.page);
  await card.getByRole('button', { name: 'Désactiver' }).click();
  await card.getByLabel('Mot de passe actuel').fill(password);
  await card.getByRole('button', { name: 'Désactiver' }).last().click();
  await card.getByText(/^Inactive/).waitFor();
  assert.deepEqual([...complaints, ...third.complaints], []);
  await Promise.all([context, other.context, third.context].map((c) => c.close()));
});

test('the password is changed, and the old one is not good any more', async () => {
  const { context, page, complaints } = await here.fresh('author');
  await page.goto('/admin/account');
  await settled(page);
  const card = page.getByRole('region', { name: 'Mot de passe' });
  await card.getByLabel('Mot de passe actuel').fill('pas le bon mot de passe');
  await card.getByLabel('Nouveau mot de passe').fill('une phrase toute nouvelle');
  await card.getByRole('button', { name: 'Changer le mot de passe' }).click();
  await card.locator('[role=alert], .mantine-InputWrapper-error').first().waitFor();
  await card.getByLabel('Mot de passe actuel').fill(password);
  await card.getByRole('button', { name: 'Changer le mot de passe' }).click();
  await page.locator('input[name=password]').waitFor();
  assert.equal(await signIn(context, 'author', password), 401);
  assert.equal(await signIn(context, 'author', 'une phrase toute nouvelle'), 201);
  assert.deepEqual(complaints, []);
  await context.close();
});
