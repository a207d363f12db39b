// What editors do all day, done through the screen.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axeFinds, saved, settled, shoot } from './browser.mjs';
import { password } from './program.mjs';
import { suite } from './suite.mjs';

const here = suite();
const draft = async (context, collection, id, locale = 'fr') =>
  (await (await context.request.get(`/api/v1/entries/${collection}/${id}?version=draft&locale=${locale}`)).json()).data;
const entryOf = (page) => page.url().split('/').pop();

async function newNews(page, title) {
  await page.goto('/admin/c/news/new');
  await page.getByLabel('Titre', { exact: false }).first().fill(title);
  await page.waitForURL(/\/c\/news\/[0-9A-Z]{26}$/);
  await saved(page);
  return entryOf(page);
}

/** Carries out an act by the button or the menu, and answers its questions. */
async function act(page, name) {
  await settled(page);
  await page.locator('.editor-head').waitFor();
  const button = page.locator('.editor-head').getByRole('button', { name, exact: true });
  if ((await button.count()) > 0) return button.click();
  await page.getByRole('button', { name: 'Autres actions' }).click();
  await page.getByRole('menuitem', { name: new RegExp(`^${name}`) }).click();
}

test('signing in: refused with the wrong password, let in with the right one, out again', async () => {
  const { context, page } = await here.window();
  await page.goto('/admin/c/news');
  await page.getByLabel('Courriel').fill('editor@pact.example.org');
  await page.locator('input[name=password]').fill('wrong');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  await page.locator('input[name=password]').fill(password);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Actualités' }).waitFor();
  await page.getByRole('button', { name: /^Compte de/ }).click();
  await page.getByRole('menuitem', { name: 'Se déconnecter' }).click();
  await page.getByLabel('Courriel').waitFor();
  await context.close();
});

test('a list is searched, filtered, sorted and walked by keyboard', async () => {
  const { context, page } = await here.as('editor');
  await page.goto('/admin/c/associations');
  await settled(page);
  await page.getByText('60 contenus').first().waitFor();
  await page.getByLabel('Chercher dans les titres').fill('solidaire');
  await page.waitForURL(/q=solidaire/);
  await page.waitForFunction(() => [...document.querySelectorAll('a.row-link')].every((a) => /solidaire/i.test(a.textContent)));
  await page.getByLabel('Chercher dans les titres').fill('');
  await page.getByText('60 contenus').first().waitFor();

  await page.getByRole('button', { name: 'Ajouter un filtre' }).click();
  await page.getByRole('menuitem', { name: 'État' }).click();
  await page.getByRole('combobox', { name: 'Valeur : État' }).click();
  await page.getByRole('option', { name: 'Brouillon' }).click();
  await page.getByText('Rien ne correspond.').first().waitFor();
  await page.getByRole('button', { name: 'Retirer le filtre : État' }).click();

  await page.getByRole('columnheader', { name: 'Nom', exact: true }).getByRole('button').click();
  await page.locator('th[aria-sort=ascending]').waitFor();
  await page.waitForURL(/sort=name/);
  await settled(page);
  await page.locator('a.row-link').first().focus();
  await page.keyboard.press('ArrowDown');
  assert.equal(await page.evaluate(() => [...document.querySelectorAll('a.row-link')].indexOf(document.activeElement)), 1);

  await page.getByRole('button', { name: 'Page suivante' }).click();
  await page.waitForURL(/after=/);
  await page.waitForFunction(() => document.querySelectorAll('a.row-link').length === 10);
  await context.close();
});

test('an entry is written, in two languages, published, and problems lead to their fields', async () => {
  const { context, page } = await here.as('editor');
  await page.goto('/admin/c/news/new');
  await page.locator('[data-field=summary] textarea').fill('Un résumé, mais pas de titre.');
  await page.waitForURL(/\/c\/news\/[0-9A-Z]{26}$/);
  await saved(page);
  const id = entryOf(page);
  await act(page, 'Publier');
  const link = page.getByRole('button', { name: /^Titre : à remplir/ });
  await link.click();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'entry-title');
  await page.keyboard.type('Un titre');
  await saved(page);
  await page.locator('[data-field=body] .ProseMirror').click();
  await page.keyboard.type('Du texte riche.');
  await saved(page);

  await page.getByRole('tab', { name: /arabe/ }).click();
  await page.locator('#entry-title').fill('عنوان');
  assert.equal(await page.locator('#entry-title').getAttribute('dir'), 'rtl');
  await page.getByRole('tab', { name: /arabe.*Brouillon/ }).waitFor();
  await saved(page);
  await page.getByRole('tab', { name: /français/ }).click();
  await act(page, 'Publier');
  await page.getByRole('tab', { name: /français.*Publié/ }).waitFor();

  assert.equal((await draft(context, 'news', id)).status, 'published');
  assert.equal((await draft(context, 'news', id)).body, 'Du texte riche.');
  assert.equal((await draft(context, 'news', id, 'ar')).title, 'عنوان');

  // Of two changes one goes live, and the other waits.
  await page.locator('#entry-title').fill('Un autre titre');
  await page.locator('[data-field=summary] textarea').fill('Un résumé qui attend.');
  await saved(page);
  await act(page, 'Publier');
  const dialog = page.getByRole('dialog', { name: 'Publier' });
  await dialog.getByRole('checkbox', { name: 'Titre' }).uncheck();
  await dialog.getByRole('checkbox', { name: 'Résumé' }).uncheck();
  await dialog.getByRole('button', { name: 'Publier' }).and(page.locator(':disabled')).waitFor();
  await dialog.getByRole('checkbox', { name: 'Titre' }).check();
  await dialog.getByRole('button', { name: 'Publier' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('tab', { name: /français.*Modifié/ }).waitFor();
  const live = await (await context.request.get(`/api/v1/entries/news/${id}?locale=fr`)).json();
  assert.deepEqual([live.data.title, live.data.summary], ['Un autre titre', 'Un résumé, mais pas de titre.']);
  assert.equal((await draft(context, 'news', id)).summary, 'Un résumé qui attend.');
  await context.close();
});

test('two people write at once: different fields join, the same field is chosen', async () => {
  const mine = await here.as('editor');
  const id = await newNews(mine.page, 'Écrit à deux');
  const theirs = await here.as('administrator');
  // Their line brings no news: otherwise they would see my title before they write theirs.
  await theirs.page.route('**/api/v1/events', (route) => route.abort());
  await theirs.page.goto(`/admin/c/news/${id}`);
  await settled(theirs.page);

  await theirs.page.locator('[data-field=summary] textarea').fill('Le résumé de l’autre');
  await saved(theirs.page);
  await theirs.page.waitForFunction(() => document.querySelector('[data-saving=saved]'));
  await mine.page.locator('#entry-title').fill('Écrit à deux mains');
  await mine.page.waitForFunction(() => document.querySelector('[data-field=summary] textarea').value === 'Le résumé de l’autre');
  await saved(mine.page);

  await theirs.page.locator('#entry-title').fill('Le titre de l’autre');
  // The other's page does not know of mine: it is the one that meets the change.
  await theirs.page.getByRole('button', { name: 'Comparer et choisir' }).click();
  await theirs.page.getByRole('radio', { name: 'L’autre version' }).click();
  await theirs.page.getByRole('button', { name: 'Garder ces choix' }).click();
  await saved(theirs.page);
  assert.equal(await theirs.page.locator('#entry-title').inputValue(), 'Écrit à deux mains');
  const now = await draft(mine.context, 'news', id);
  assert.equal(now.title, 'Écrit à deux mains');
  assert.equal(now.summary, 'Le résumé de l’autre');
  await mine.context.close();
  await theirs.context.close();
});

test('text survives a lost connection, a closed window and a session that ends', async () => {
  const { context, page } = await here.as('editor');
  const id = await newNews(page, 'Train');
  await context.setOffline(true);
  await page.locator('#entry-title').fill('Écrit dans le train');
  await page.locator('[data-saving=offline]').waitFor();
  await context.setOffline(false);
  await saved(page);
  assert.equal((await draft(context, 'news', id)).title, 'Écrit dans le train');

  await context.clearCookies();
  await page.locator('#entry-title').fill('Écrit après la session');
  const dialog = page.getByRole('dialog', { name: 'Votre session est terminée' });
  await dialog.waitFor();
  // The window is lost before anyone signs in again.
  page.on('dialog', (d) => d.accept());
  await page.reload();
  await page.getByLabel('Courriel').fill('editor@pact.example.org');
  await page.locator('input[name=password]').fill(password);
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('#entry-title')?.value === 'Écrit après la session');
  await saved(page);
  assert.equal((await draft(context, 'news', id)).title, 'Écrit après la session');

  await context.clearCookies();
  await page.locator('#entry-title').fill('Écrit sans interruption');
  await dialog.waitFor();
  await dialog.locator('input[name=password]').fill(password);
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'hidden' });
  await saved(page);
  assert.equal(await page.locator('#entry-title').inputValue(), 'Écrit sans interruption');
  assert.equal((await draft(context, 'news', id)).title, 'Écrit sans interruption');
  await context.close();
});

test('an author submits, a reviewer sends back and approves, an editor publishes and withdraws', async () => {
  const author = await here.as('author');
  const id = await newNews(author.page, 'À relire');
  await act(author.page, 'Soumettre à relecture');
  await author.page.getByLabel('Message aux relecteurs').fill('Merci de relire.');
  await author.page.getByRole('dialog').getByRole('button', { name: 'Soumettre à relecture' }).click();
  await author.page.getByText('En attente de relecture').first().waitFor();

  const reviewer = await here.as('reviewer');
  await reviewer.page.goto(`/admin/c/news/${id}`);
  await reviewer.page.getByText('Merci de relire.').first().waitFor();
  await act(reviewer.page, 'Demander des corrections');
  await reviewer.page.getByLabel('Ce qu’il faut corriger').fill('Il manque une date.');
  await reviewer.page.getByRole('dialog').getByRole('button', { name: 'Demander des corrections' }).click();
  await reviewer.page.getByText('Il manque une date.').first().waitFor();

  await author.page.reload();
  await author.page.getByText('Il manque une date.').first().waitFor();
  await author.page.locator('[data-field=summary] textarea').fill('Le 12 mai.');
  await saved(author.page);
  await act(author.page, 'Soumettre à relecture');
  await author.page.getByRole('dialog').getByRole('button', { name: 'Soumettre à relecture' }).click();
  await author.page.getByText('En attente de relecture').first().waitFor();
  await reviewer.page.reload();
  await act(reviewer.page, 'Approuver');
  await reviewer.page.getByRole('alert', { name: 'Approuvé' }).waitFor();

  const editor = await here.as('editor');
  await editor.page.goto(`/admin/c/news/${id}`);
  await settled(editor.page);
  await act(editor.page, 'Publier');
  await editor.page.getByRole('tab', { name: /français.*Publié/ }).waitFor();
  await act(editor.page, 'Dépublier');
  await editor.page.getByRole('dialog').getByRole('button', { name: 'Dépublier' }).click();
  await editor.page.getByRole('tab', { name: /français.*Brouillon/ }).waitFor();
  await act(editor.page, 'Mettre à la corbeille');
  await editor.page.getByRole('dialog').getByRole('button', { name: 'Mettre à la corbeille' }).click();
  await editor.page.getByRole('heading', { level: 1, name: 'Actualités' }).waitFor();
  await editor.page.goto(`/admin/c/news/${id}`);
  await editor.page.getByRole('button', { name: 'Restaurer' }).click();
  await editor.page.locator('#entry-title').waitFor();
  await saved(editor.page);
  for (const w of [author, reviewer, editor]) await w.context.close();
});

test('everything by keyboard: palette to an entry, an act by its shortcut', async () => {
  const { context, page } = await here.as('editor');
  const id = await newNews(page, 'Trouvée par la palette');
  await page.goto('/admin/');
  await settled(page);
  await page.keyboard.press('Control+K');
  await page.getByPlaceholder(/Un écran, un contenu/).waitFor();
  await page.keyboard.type('Trouvée par');
  await page.getByRole('option', { name: /Trouvée par la palette/ }).or(page.locator('.mantine-Spotlight-action', { hasText: 'Trouvée par la palette' })).first().waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL(new RegExp(`${id}$`));
  await settled(page);
  await page.keyboard.press('Control+Shift+P');
  await page.getByRole('tab', { name: /français.*Publié/ }).waitFor();

  // The sheet lists the acts, and what it lists works.
  await page.locator('h1').first().click();
  await page.keyboard.press('Shift+?');
  const sheet = page.getByRole('dialog', { name: 'Raccourcis clavier' });
  await sheet.getByRole('row', { name: /^Dépublier/ }).waitFor();
  await sheet.getByRole('row', { name: /^Historique/ }).waitFor();
  await shoot(page, 'shortcuts-fr-1280');
  assert.deepEqual(await axeFinds(page), []);
  await page.keyboard.press('Escape');
  await sheet.waitFor({ state: 'hidden' });
  await page.keyboard.press('Control+Alt+H');
  await page.getByRole('dialog', { name: 'Historique' }).waitFor();
  await context.close();
});
