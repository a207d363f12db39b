// A day of the people who keep a programme's content, from the first sign-in to
// a pinned search result, without a mouse: whatever they act on, they reach by
// keys. It tells how long each step took.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { saved, settled, shoot } from './browser.mjs';
import { keyboard } from './keyboard.mjs';
import { password } from './program.mjs';
import { suite } from './suite.mjs';

const here = suite();

// The smallest file that is a PDF with a page.
const pdf = Buffer.from('%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n');
const took = [];

async function step(name, work) {
  const began = Date.now();
  const out = await work();
  took.push(`${name}: ${((Date.now() - began) / 1000).toFixed(1)} s`);
  return out;
}

test('an editor’s day, by keyboard alone', async () => {
  const author = await here.window();
  const { page } = author;
  const keys = keyboard(page);
  const head = page.locator('.editor-head');
  const act = async (name) => {
    await settled(page);
    const button = head.getByRole('button', { name, exact: true });
    if ((await button.count()) > 0) return keys.press(button);
    await keys.press(head.getByRole('button', { name: 'Autres actions' }));
    await keys.item(page.getByRole('menuitem', { name: new RegExp(`^${name}`) }));
  };
  // From anywhere, by the palette.
  const goTo = async (name) => {
    await page.keyboard.press('Control+K');
    const search = page.getByRole('textbox', { name: 'Chercher ou agir' }).or(page.getByRole('searchbox', { name: 'Chercher ou agir' })).or(page.getByRole('combobox', { name: 'Chercher ou agir' }));
    await search.waitFor();
    await page.keyboard.type(name);
    const found = page.locator('.mantine-Spotlight-action', { hasText: name }).first();
    await found.waitFor();
    await keys.walkTo(found);
    await page.keyboard.press('Enter');
  };

  await step('sign in', async () => {
    await page.goto('/admin/');
    await keys.write(page.getByLabel('Courriel'), 'editor@pact.example.org');
    await keys.write(page.locator('input[name=password]'), password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: /^Bonjour/ }).waitFor();
  });

  const colleague = await here.as('administrator');
  await step('update an association in French and Arabic, with a colleague in the same field', async () => {
    await keys.press(page.getByRole('navigation').getByRole('link', { name: 'Associations', exact: true }));
    await page.getByRole('link', { name: 'Ateliers de Mostaganem' }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('Mostaganem');
    await page.waitForFunction(() => document.querySelectorAll('tr[data-entry]').length === 1);
    await keys.press(page.getByRole('link', { name: 'Ateliers de Mostaganem' }));
    await keys.write(page.locator('#entry-name'), 'Ateliers de Mostaganem (Est)');
    const id = page.url().split('/').pop();
    await saved(page);
    await keys.tab(page.getByRole('tab', { name: /arabe/ }));
    await keys.write(page.locator('#entry-name_ar'), 'ورشات مستغانم الشرقية');
    await saved(page);
    // Offline for a moment: the colleague is first.
    await author.context.setOffline(true);
    await keys.write(page.locator('#entry-short_name'), 'ADM');
    const other = await colleague.context.request.patch(`/api/v1/entries/associations/${id}`, { data: { locales: { fr: { short_name: 'AME' } } }, headers: { 'Sec-Fetch-Site': 'same-origin', 'If-Match': '*' } });
    assert.equal(other.status(), 200, await other.text());
    await author.context.setOffline(false);
    await page.getByText('Quelqu’un d’autre a modifié ce contenu').waitFor();
    await shoot(page, 'day-conflict-fr-1280');
    await keys.press(page.getByRole('button', { name: 'Comparer et choisir' }));
    const dialog = page.getByRole('dialog', { name: 'Comparer et choisir' });
    await keys.press(dialog.getByRole('button', { name: 'Garder ces choix' }));
    await saved(page);
    const now = (await (await author.context.request.get(`/api/v1/entries/associations/${id}?version=draft&locale=fr`)).json()).data;
    assert.equal(now.short_name, 'ADM');
    assert.equal(now.name, 'Ateliers de Mostaganem (Est)');
  });

  const study = await step('write a study and upload its file', async () => {
    await goTo('Études');
    await page.getByRole('heading', { level: 1, name: 'Études' }).waitFor();
    await settled(page);
    await page.keyboard.press('Control+Alt+N');
    await keys.write(page.locator('#entry-title'), 'Les bibliothèques de rue à Mostaganem');
    await page.waitForURL(/\/c\/studies\/[0-9A-Z]{26}$/);
    await keys.choose(page.locator('#entry-kind'), 'Étude');
    await keys.press(page.locator('#entry-authors-add'));
    await keys.write(page.getByRole('group', { name: 'Auteur 1', exact: true }).getByLabel('Nom'), 'Souad Merabti');
    await keys.write(page.locator('#entry-published_on'), '2026');
    await keys.choose(page.locator('#entry-languages'), 'Français');
    await page.keyboard.press('Escape');
    await keys.write(page.locator('#entry-summary'), 'Ce que lisent les enfants dehors, un été durant.');
    await keys.choose(page.locator('#entry-rights'));
    await keys.press(page.locator('#entry-document-choose'));
    const files = page.waitForEvent('filechooser');
    await keys.press(page.getByRole('dialog').getByRole('button', { name: 'Envoyer un fichier', exact: true }));
    await (await files).setFiles({ name: 'bibliotheques.pdf', mimeType: 'application/pdf', buffer: pdf });
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await saved(page);
    await shoot(page, 'day-study-fr-1280');
    return page.url().split('/').pop();
  });

  await step('have it reviewed', async () => {
    await act('Soumettre à relecture');
    await keys.press(page.getByRole('dialog').getByRole('button', { name: 'Soumettre à relecture' }));
    await page.getByText('En attente de relecture').first().waitFor();
    const reviewer = await here.as('reviewer');
    await reviewer.page.goto('/admin/');
    const hers = keyboard(reviewer.page);
    await hers.press(reviewer.page.getByRole('region', { name: 'À relire' }).getByRole('link', { name: /bibliothèques de rue/ }));
    await settled(reviewer.page);
    await hers.press(reviewer.page.locator('.editor-head').getByRole('button', { name: 'Approuver', exact: true }));
    await reviewer.page.getByRole('alert', { name: 'Approuvé' }).waitFor();
    await reviewer.context.close();
  });

  await step('schedule it, then publish it at once', async () => {
    await page.getByText('Approuvé').first().waitFor();
    await act('Programmer');
    const dialog = page.getByRole('dialog');
    await keys.to(dialog.getByLabel('Publier le'));
    // The same for whoever has the day first or the month, and 24 hours or 12.
    await page.keyboard.type('01012030');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.type('0900A');
    assert.equal(await dialog.getByLabel('Publier le').inputValue(), '2030-01-01T09:00');
    await keys.press(dialog.getByRole('button', { name: 'Programmer' }));
    await page.getByRole('tab', { name: /français.*Programmé/ }).waitFor();
    await settled(page);
    await page.keyboard.press('Control+Shift+P');
    await page.getByRole('tab', { name: /français.*Publié/ }).waitFor();
  });

  await step('find it, in the console and as a visitor', async () => {
    await goTo('Les bibliothèques de rue');
    await page.waitForURL(new RegExp(`${study}$`));
    await page.waitForFunction(async () => (await (await fetch('/api/v1/search?locale=fr&q=' + encodeURIComponent('bibliothèques de rue Mostaganem'))).text()).includes('Les bibliothèques de rue'));
  });

  await step('see who changed what', async () => {
    await settled(page);
    await keys.press(page.getByRole('button', { name: 'Historique' }));
    await page.getByRole('dialog', { name: 'Historique' }).getByRole('button', { name: /^Publié/ }).first().waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Historique' }).waitFor({ state: 'hidden' });
  });

  await step('undo a mistake: a study in the trash', async () => {
    await act('Mettre à la corbeille');
    await keys.press(page.getByRole('dialog').getByRole('button', { name: 'Mettre à la corbeille' }));
    await page.getByRole('heading', { level: 1, name: 'Études' }).waitFor();
    await keys.press(page.locator('.mantine-Notification-root').getByRole('button', { name: 'Annuler' }));
    await page.getByRole('link', { name: 'Les bibliothèques de rue à Mostaganem' }).waitFor();
  });

  await step('add a field to a collection', async () => {
    const theirs = keyboard(colleague.page);
    await colleague.page.goto('/admin/model/studies');
    await settled(colleague.page);
    await theirs.press(colleague.page.getByRole('button', { name: 'Ajouter un champ' }));
    const field = colleague.page.getByRole('dialog', { name: 'Ajouter un champ' });
    await theirs.write(field.getByLabel('Libellé (français)'), 'Financeur');
    await theirs.press(field.getByRole('button', { name: 'Ajouter', exact: true }));
    await field.waitFor({ state: 'hidden' });
    await theirs.press(colleague.page.getByRole('button', { name: 'Vérifier et enregistrer' }));
    const check = colleague.page.getByRole('dialog', { name: 'Ce que cela change' });
    await theirs.press(check.getByRole('button', { name: 'Enregistrer le modèle' }));
    await check.waitFor({ state: 'hidden' });
  });

  await step('pin a search result', async () => {
    await goTo('Résultats épinglés');
    await page.getByRole('heading', { level: 1, name: 'Résultats épinglés' }).waitFor();
    await settled(page);
    await page.keyboard.press('Control+Alt+N');
    await keys.write(page.locator('#entry-words'), 'lire dehors');
    await keys.to(page.locator('#entry-entries'));
    await page.keyboard.type('bibliothèques');
    await page.getByRole('option', { name: /Les bibliothèques de rue/ }).first().waitFor();
    await keys.walkTo(page.getByRole('option', { name: /Les bibliothèques de rue/ }).first());
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    await page.waitForURL(/\/c\/pins\/[0-9A-Z]{26}$/);
    await saved(page);
  });

  assert.deepEqual([...author.complaints, ...colleague.complaints], []);
  console.log(took.join('\n')); // printed, not judged: this machine may be busy
  await author.context.close();
  await colleague.context.close();
});
