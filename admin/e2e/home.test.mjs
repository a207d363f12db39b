// The home screen tells what needs somebody, and the trail who did what.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axeFinds, settled, shoot } from './browser.mjs';
import { suite } from './suite.mjs';

const here = suite();
const origin = { 'Sec-Fetch-Site': 'same-origin' };

test('what waits for a reviewer is on their home, and what they return on the author’s', async () => {
  const author = await here.as('author');
  const made = await author.context.request.post('/api/v1/entries/news', { data: { locale: 'fr', title: 'Une actualité à relire' }, headers: origin });
  const id = (await made.json()).data.id;
  const sent = await author.context.request.post(`/api/v1/entries/news/${id}/actions/submit`, { data: { comment: 'C’est prêt' }, headers: origin });
  assert.equal(sent.status(), 200, await sent.text());

  const reviewer = await here.as('reviewer');
  await reviewer.page.goto('/admin/');
  const waiting = reviewer.page.getByRole('region', { name: 'À relire' });
  await waiting.getByRole('link', { name: 'Une actualité à relire' }).waitFor();
  await waiting.getByText('C’est prêt', { exact: false }).waitFor();
  assert.deepEqual(await axeFinds(reviewer.page), []);
  const back = await reviewer.context.request.post(`/api/v1/entries/news/${id}/actions/reject`, { data: { locale: 'fr', reason: 'Il manque la date' }, headers: origin });
  assert.equal(back.status(), 200, await back.text());

  await author.page.goto('/admin/');
  await author.page.getByRole('region', { name: 'Revenu à corriger' }).getByText('Il manque la date', { exact: false }).waitFor();
  await shoot(author.page, 'home-author-fr-1280');
  assert.deepEqual([...author.complaints, ...reviewer.complaints], []);
  await author.context.close();
  await reviewer.context.close();
});

test('the trail is narrowed to a person, an act and one entry', async () => {
  const editor = await here.as('editor');
  const first = (await (await editor.context.request.get('/api/v1/entries/news?page[size]=1&version=draft&locale=fr&fields=id,title')).json()).data[0];
  const changed = await editor.context.request.patch(`/api/v1/entries/news/${first.id}`, { data: { locales: { fr: { title: 'Un titre pour le journal' } } }, headers: { ...origin, 'If-Match': '*' } });
  assert.equal(changed.status(), 200, await changed.text());
  await editor.context.close();

  const { context, page, complaints } = await here.as('administrator');
  await page.goto('/admin/audit');
  await settled(page);
  await page.getByRole('combobox', { name: 'Action' }).fill('Modifié');
  await page.getByRole('option', { name: 'Modifié', exact: true }).click();
  await page.waitForURL(/action=entry.save/);
  await page.getByRole('row', { name: /Un titre pour le journal/ }).getByRole('link', { name: /^Activité/ }).first().click();
  await page.waitForURL((url) => url.searchParams.get('subject') === first.id && !url.searchParams.has('action'));
  await page.getByRole('cell', { name: /^Modifié/ }).first().waitFor();
  await page.getByRole('button', { name: 'Tout montrer' }).waitFor();
  await shoot(page, 'audit-of-fr-1280');
  assert.deepEqual(await axeFinds(page), []);
  assert.deepEqual(complaints, []);
  await context.close();
});
