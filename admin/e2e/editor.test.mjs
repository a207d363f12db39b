// The editor beyond typing: two languages side by side, order by drag and by
// keys, the map, entries made in passing, comments, colleagues, a server that
// dies.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axeFinds, drag, saved, settled, shoot } from './browser.mjs';
import { suite } from './suite.mjs';

const here = suite();
const draft = async (context, collection, id, locale = 'fr') =>
  (await (await context.request.get(`/api/v1/entries/${collection}/${id}?version=draft&locale=${locale}`)).json()).data;

/** Makes an entry as the one who has the window, without the screen. */
async function made(context, collection, values) {
  const answer = await context.request.post(`/api/v1/entries/${collection}`, { data: values, headers: { 'Sec-Fetch-Site': 'same-origin' } });
  assert.equal(answer.status(), 201, await answer.text());
  return (await answer.json()).data.id;
}

for (const [locale, width] of [['fr', 1280], ['ar', 1280], ['fr', 360], ['ar', 360]]) {
  test(`an entry is translated side by side, in ${locale} at ${width}`, async () => {
    const { context, page, complaints } = await here.as('editor', { locale, width });
    const id = await made(context, 'news', { locale: 'fr', title: 'Une rencontre à Béjaïa', summary: 'Le 12 mai.', body: '## Programme\n\nDeux **ateliers**.' });
    await page.goto(`/admin/c/news/${id}`);
    await settled(page);
    const arabic = page.getByRole('tab', { name: locale === 'fr' ? /arabe/ : /العربية/ });
    await arabic.click();
    await page.getByRole('switch').click();
    const source = page.locator('#source-title');
    await source.waitFor();
    assert.equal(await source.inputValue(), 'Une rencontre à Béjaïa');
    assert.equal(await source.getAttribute('dir'), 'ltr');
    assert.equal(await page.locator('#entry-title').getAttribute('dir'), 'rtl');
    await page.locator('#entry-title').fill('لقاء في بجاية');
    await page.getByRole('button', { name: locale === 'fr' ? /^Reprendre le texte source : Résumé|^Reprendre le texte source : Chapeau/ : /^نسخ النص المصدر/ }).first().click();
    await page.waitForFunction(() => [...document.querySelectorAll('.source ~ * textarea, .source + * textarea')].some((e) => e.value === 'Le 12 mai.'));
    await page.getByRole('tab', { name: locale === 'fr' ? /arabe.*Brouillon/ : /العربية.*مسودة/ }).waitFor();
    await saved(page);
    await page.locator('.source .ProseMirror strong').waitFor();
    await shoot(page, `beside-${locale}-${width}`);
    assert.deepEqual(await axeFinds(page), []);
    assert.equal((await draft(context, 'news', id, 'ar')).title, 'لقاء في بجاية');
    assert.equal((await draft(context, 'news', id, 'ar')).summary, 'Le 12 mai.');
    assert.deepEqual(complaints, []);
    await context.close();
  });
}

test('blocks are ordered by drag, by the arrow keys of their handle and by buttons', async () => {
  const { context, page, complaints } = await here.as('editor');
  const id = await made(context, 'pages', {
    locale: 'fr', title: 'En ordre',
    blocks: [{ type: 'heading', title: 'Un' }, { type: 'heading', title: 'Deux' }, { type: 'heading', title: 'Trois' }],
  });
  await page.goto(`/admin/c/pages/${id}`);
  await settled(page);
  const order = async () => (await draft(context, 'pages', id)).blocks.map((b) => b.title).join(' ');
  const handles = page.locator('[data-field=blocks] .grip');
  await handles.nth(2).waitFor();

  await handles.nth(0).focus();
  await page.keyboard.press('ArrowDown');
  await page.getByText('place 2 sur 3').first().waitFor({ state: 'attached' });
  await saved(page);
  assert.equal(await order(), 'Deux Un Trois');
  assert.equal(await page.evaluate(() => [...document.querySelectorAll('[data-field=blocks] .grip')].indexOf(document.activeElement)), 1);

  await drag(page, handles.nth(2), page.locator('[data-field=blocks] [role=group]').first());
  await page.locator('[data-saving=waiting], [data-saving=saving]').first().waitFor().catch(() => undefined);
  await page.waitForFunction(() => document.querySelector('[data-field=blocks] input[type=text], [data-field=blocks] input:not([type])')?.value === 'Trois');
  await saved(page);
  await page.waitForFunction(() => document.querySelector('[data-saving=saved]'));
  assert.equal(await order(), 'Trois Deux Un');

  await page.locator('[data-field=blocks] [role=group]').first().getByRole('button', { name: /descendre|Descendre|plus bas/i }).first().click();
  await page.waitForFunction(() => document.querySelector('[data-field=blocks] input[type=text], [data-field=blocks] input:not([type])')?.value === 'Deux');
  await saved(page);
  await page.getByRole('button', { name: 'Tout replier' }).click();
  await page.getByRole('button', { name: 'Tout déplier' }).waitFor();
  assert.deepEqual(await axeFinds(page), []);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a place is put on the map by press and by keys', async () => {
  const { context, page, complaints } = await here.as('administrator');
  const id = await made(context, 'territories', { locale: 'fr', name: 'Essai', code: '99', kind: 'wilaya' });
  await page.goto(`/admin/c/territories/${id}`);
  await settled(page);
  const map = page.getByRole('application');
  await map.waitFor();
  await page.locator('.place-map .mark').first().waitFor({ state: 'attached' });
  await map.click({ position: { x: 200, y: 100 } });
  await page.locator('.place-map .pin').waitFor();
  await saved(page);
  const first = (await draft(context, 'territories', id)).location;
  assert.ok(first.lat > 19 && first.lat < 38 && first.lon > -9 && first.lon < 12, JSON.stringify(first));
  await map.focus();
  await page.keyboard.press('+');
  await page.keyboard.press('+');
  await page.locator('.place-map[data-zoom="4"]').waitFor();
  await page.keyboard.press('ArrowUp');
  await page.waitForFunction((lat) => Number(document.querySelector('.pin').dataset.lat) > lat, first.lat);
  await saved(page);
  await shoot(page, 'map-fr-1280');
  const second = (await draft(context, 'territories', id)).location;
  assert.ok(second.lat > first.lat && Math.abs(second.lon - first.lon) < 0.05, JSON.stringify([first, second]));
  assert.deepEqual(await axeFinds(page), []);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('an entry that is missing is made where it is wanted', async () => {
  const { context, page, complaints } = await here.as('editor');
  const id = await made(context, 'news', { locale: 'fr', title: 'Avec une association' });
  await page.goto(`/admin/c/news/${id}`);
  await settled(page);
  const picker = page.locator('#entry-associations');
  await picker.click();
  await picker.fill('Les Jardins de Skikda');
  await page.getByRole('option', { name: /^Créer : .*Les Jardins de Skikda/ }).click();
  const dialog = page.getByRole('dialog', { name: /^Créer/ });
  await dialog.waitFor();
  assert.equal(await dialog.locator('#new-associations-name').inputValue(), 'Les Jardins de Skikda');
  await shoot(page, 'create-inline-fr-1280');
  assert.deepEqual(await axeFinds(page), []);
  await dialog.getByRole('button', { name: 'Créer et choisir' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await page.locator('[data-field=associations]').getByText('Les Jardins de Skikda').first().waitFor();
  await page.locator('[data-saving=waiting], [data-saving=saving]').first().waitFor().catch(() => undefined);
  await saved(page);
  const [association] = (await draft(context, 'news', id)).associations;
  assert.equal((await draft(context, 'associations', association)).name, 'Les Jardins de Skikda');
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a reviewer comments on a field, and the author settles it', async () => {
  const author = await here.as('author');
  const id = await made(author.context, 'news', { locale: 'fr', title: 'À commenter', summary: 'Court.' });
  const reviewer = await here.as('reviewer');
  await reviewer.page.goto(`/admin/c/news/${id}`);
  await settled(reviewer.page);
  await reviewer.page.getByRole('button', { name: /^Commenter : (Résumé|Chapeau)/ }).click();
  await reviewer.page.getByLabel('Commentaire', { exact: true }).fill('Dites où cela se passe.');
  await reviewer.page.getByRole('button', { name: 'Commenter', exact: true }).click();
  await reviewer.page.getByText('Dites où cela se passe.').waitFor();
  await shoot(reviewer.page, 'comment-fr-1280');
  assert.deepEqual(await axeFinds(reviewer.page), []);

  await author.page.goto(`/admin/c/news/${id}`);
  await settled(author.page);
  await author.page.getByRole('button', { name: '1 commentaire à traiter' }).click();
  await author.page.getByRole('button', { name: /1 commentaire$/ }).click();
  await author.page.getByText('Dites où cela se passe.').waitFor();
  await author.page.getByRole('button', { name: 'Réglé' }).click();
  await author.page.getByRole('button', { name: /^Commenter : (Résumé|Chapeau)/ }).waitFor();
  assert.deepEqual([...author.complaints, ...reviewer.complaints], []);
  await author.context.close();
  await reviewer.context.close();
});

test('colleagues see each other, take over and give back', async () => {
  const mine = await here.as('editor');
  const id = await made(mine.context, 'news', { locale: 'fr', title: 'À plusieurs' });
  await mine.page.goto(`/admin/c/news/${id}`);
  await settled(mine.page);
  await mine.page.locator('#entry-title').fill('À plusieurs mains');
  await saved(mine.page);

  const theirs = await here.as('administrator');
  await theirs.page.goto(`/admin/c/news/${id}`);
  await settled(theirs.page);
  await theirs.page.locator('[data-presence=writing]').waitFor();
  await mine.page.getByRole('list', { name: 'Aussi sur ce contenu' }).waitFor();
  await shoot(theirs.page, 'presence-fr-1280');
  assert.deepEqual(await axeFinds(theirs.page), []);

  await theirs.page.getByRole('button', { name: 'Prendre la main', exact: true }).click();
  await mine.page.locator('[data-presence=taken]').waitFor();
  await mine.page.waitForFunction(() => document.querySelector('#entry-title').readOnly);
  await shoot(mine.page, 'presence-taken-fr-1280');
  assert.deepEqual(await axeFinds(mine.page), []);
  await theirs.page.locator('#entry-title').fill('À deux mains');
  await saved(theirs.page);
  // What the other writes shows here, without asking.
  await mine.page.waitForFunction(() => document.querySelector('#entry-title').value === 'À deux mains');
  await mine.page.getByRole('button', { name: 'Reprendre la main' }).click();
  await mine.page.waitForFunction(() => !document.querySelector('#entry-title').readOnly);
  await theirs.page.locator('[data-presence=taken]').waitFor();
  await theirs.context.close();
  await mine.page.getByRole('list', { name: 'Aussi sur ce contenu' }).waitFor({ state: 'detached' });
  assert.deepEqual([...mine.complaints, ...theirs.complaints], []);
  await mine.context.close();
});

test('nothing is lost when the server dies in the middle, and the window with it', async () => {
  const { context, page } = await here.as('editor');
  const id = await made(context, 'news', { locale: 'fr', title: 'Avant la panne' });
  await page.goto(`/admin/c/news/${id}`);
  await settled(page);
  await page.locator('#entry-title').waitFor();
  await here.demo.die();
  await page.locator('#entry-title').fill('Pendant la panne');
  await page.locator('[data-field=summary] textarea').fill('Écrit sans serveur.');
  await page.locator('[data-saving=offline]').waitFor();
  await shoot(page, 'offline-fr-1280');
  assert.equal(await page.locator('#entry-title').inputValue(), 'Pendant la panne');
  const kept = await page.evaluate(() => Object.entries(localStorage).find(([k]) => k.startsWith('recueil.unsaved'))?.[1]);
  assert.match(kept, /Écrit sans serveur/);
  await here.demo.comeBack();
  await saved(page);
  assert.equal((await draft(context, 'news', id)).title, 'Pendant la panne');
  assert.equal((await draft(context, 'news', id)).summary, 'Écrit sans serveur.');
  assert.equal(await page.evaluate(() => Object.keys(localStorage).filter((k) => k.startsWith('recueil.unsaved')).length), 0);
  await context.close();
});
