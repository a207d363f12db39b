// Files: taken in by choice, drop and paste, held and taken up again after the
// window was closed, described, cropped, replaced, read, removed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { axeFinds, settled, shoot } from './browser.mjs';
import { suite } from './suite.mjs';

const here = suite();

const pixel = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

/** A picture of two colours, 600 × 400. */
function picture() {
  const rows = Buffer.concat(Array.from({ length: 400 }, (_, y) => Buffer.concat([Buffer.from([0]), Buffer.alloc(600 * 3, y < 160 ? 40 : 200)])));
  const piece = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const out = Buffer.alloc(8 + body.length);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc32(body), 4 + body.length);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(600, 0);
  head.writeUInt32BE(400, 4);
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), piece('IHDR', head), piece('IDAT', deflateSync(rows)), piece('IEND', Buffer.alloc(0))]);
}

function crc32(bytes) {
  let crc = ~0;
  for (const b of bytes) {
    crc ^= b;
    for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** A picture that is there: taken in when it is not. */
async function aPicture(context) {
  const there = await named(context, 'paysage.png');
  if (there) return there;
  const answer = await context.request.post('/api/v1/assets?name=paysage.png', { data: picture(), headers: { 'Content-Type': 'image/png', 'Sec-Fetch-Site': 'same-origin' } });
  assert.equal(answer.status(), 201, await answer.text());
  return (await answer.json()).data;
}

const assets = async (context) => (await (await context.request.get('/api/v1/assets?page[size]=60')).json()).data;
const named = async (context, name) => (await assets(context)).find((a) => a.name === name);

/** A PDF of the demonstration, made heavy at its end. */
async function heavy(context, mib) {
  const pdf = (await assets(context)).find((a) => a.media_type === 'application/pdf');
  const bytes = Buffer.from(await (await context.request.get(pdf.url)).body());
  return Buffer.concat([bytes, Buffer.from('\n%' + 'x'.repeat(mib * 1024 * 1024) + '\n')]);
}

test('an upload is held, outlives its window, goes on where it stopped, and is read', async () => {
  const { context, page, complaints } = await here.as('editor');
  const buffer = await heavy(context, 9);
  await page.goto('/admin/assets');
  await settled(page);
  // The second piece waits at the door until it is let in.
  let pieces = 0;
  let open;
  const door = new Promise((resolve) => (open = resolve));
  await page.route('**/api/v1/uploads/*', async (route) => {
    if (route.request().method() === 'PATCH' && ++pieces === 2) await door;
    await route.continue().catch(() => undefined);
  });
  await page.locator('input[type=file]').setInputFiles({ name: 'rapport-lourd.pdf', mimeType: 'application/pdf', buffer });
  await page.locator('[data-upload=sending]').getByText(/Envoi : 2 sur 9/).waitFor();
  await shoot(page, 'upload-fr-1280');
  assert.deepEqual(await axeFinds(page), []);
  await page.getByRole('button', { name: 'Mettre en pause : rapport-lourd.pdf' }).click();
  await page.locator('[data-upload=paused]').waitFor();
  open();
  await page.unroute('**/api/v1/uploads/*');
  await page.reload();
  await settled(page);
  await page.locator('[data-upload=paused]').getByText(/En pause : [2-9]/).waitFor();
  await page.getByRole('button', { name: 'Reprendre : rapport-lourd.pdf' }).click();
  await page.locator('[data-upload=done]').waitFor();
  const asset = await named(context, 'rapport-lourd.pdf');
  assert.equal(asset.size, buffer.length);

  // Its cover comes with the first look, its text a little later.
  await page.reload();
  await settled(page);
  const tile = page.locator('button.card', { hasText: 'rapport-lourd.pdf' });
  const panel = page.getByRole('dialog', { name: 'Fichier' });
  await tile.locator('img').waitFor();
  await page.waitForFunction(() => [...document.querySelectorAll('button.card')].find((e) => e.textContent.includes('rapport-lourd.pdf'))?.querySelector('img')?.naturalWidth > 0);
  await tile.click();
  await panel.getByText(/Page 1 sur/).waitFor();
  await shoot(page, 'pdf-fr-1280');
  assert.deepEqual(await axeFinds(page), []);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('files come in by drop and by paste, into the folder that is open', async () => {
  const { context, page, complaints } = await here.as('editor');
  await page.goto('/admin/assets');
  await settled(page);
  const put = (event, name) =>
    page.evaluate(
      ([kind, file, base64]) => {
        const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
        const data = new DataTransfer();
        data.items.add(new File([bytes], file, { type: 'image/png' }));
        const target = document.querySelector('main h1');
        if (kind === 'paste') document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
        else target.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
      },
      [event, name, pixel.toString('base64')],
    );
  await page.getByRole('combobox', { name: 'Dossier' }).or(page.getByLabel('Dossier')).first().fill('rencontres');
  await put('paste', 'colle.png');
  await page.locator('[data-upload=done]', { hasText: 'colle.png' }).waitFor();
  await put('drop', 'depose.png');
  await page.locator('[data-upload=done]', { hasText: 'depose.png' }).waitFor();
  await page.locator('button.card', { hasText: 'depose.png' }).waitFor();
  assert.equal((await named(context, 'colle.png')).folder, 'rencontres');
  assert.equal((await named(context, 'depose.png')).folder, 'rencontres');
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a picture gets its focal point, a new file under the same links, and is not removed unawares', async () => {
  const { context, page, complaints } = await here.as('editor');
  const picture = await aPicture(context);
  const made = await context.request.post('/api/v1/entries/news', { data: { locale: 'fr', title: 'Avec cette image', image: picture.id }, headers: { 'Sec-Fetch-Site': 'same-origin' } });
  assert.equal(made.status(), 201, await made.text());
  await page.goto('/admin/assets');
  await settled(page);
  await page.locator('button.card', { hasText: picture.name }).first().click();
  const panel = page.getByRole('dialog', { name: 'Fichier' });
  const focal = panel.getByRole('button', { name: /^Point d’intérêt : 50 %/ });
  await focal.focus();
  for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowUp');
  await panel.locator('.focal-mark[data-y="0.4"]').waitFor();
  await shoot(page, 'focus-fr-1280');
  assert.deepEqual(await axeFinds(page), []);
  await panel.getByRole('button', { name: 'Enregistrer' }).click();
  await panel.waitFor({ state: 'hidden' });
  const after = (await (await context.request.get(`/api/v1/assets/${picture.id}`)).json()).data;
  assert.equal(after.focus.y, 0.4);

  await page.locator('button.card', { hasText: picture.name }).first().click();
  await panel.getByText('Avec cette image').waitFor();
  await panel.locator('input[type=file]').setInputFiles({ name: 'nouvelle.png', mimeType: 'image/png', buffer: pixel });
  await page.locator('[data-upload=done]', { hasText: 'nouvelle.png' }).waitFor();
  const replaced = (await (await context.request.get(`/api/v1/assets/${picture.id}`)).json()).data;
  assert.equal(replaced.size, pixel.length);
  const entry = (await (await context.request.get(`/api/v1/entries/news/${(await made.json()).data.id}?version=draft`)).json()).data;
  assert.equal(entry.image, picture.id);

  await page.locator('button.card', { hasText: replaced.name }).first().click();
  await panel.getByText('Avec cette image').waitFor();
  await panel.getByRole('button', { name: 'Supprimer', exact: false }).last().click();
  await panel.getByRole('button', { name: /^Supprimer quand même \(/ }).waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

for (const [locale, width] of [['ar', 1280], ['fr', 360], ['ar', 360]]) {
  test(`the panel of a picture in ${locale} at ${width}`, async () => {
    const { context, page, complaints } = await here.as('editor', { locale, width });
    const picture = await aPicture(context);
    await page.goto('/admin/assets');
    await settled(page);
    await page.locator('button.card', { hasText: picture.name }).first().click();
    await page.locator('.focal img').waitFor();
    await shoot(page, `asset-${locale}-${width}`);
    assert.deepEqual([...(await axeFinds(page)), ...complaints], []);
    await context.close();
  });
}
