// Signing in with an account elsewhere: connected first, then used, then not any more.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { axeFinds, settled, shoot } from './browser.mjs';
import { client, startProvider } from './provider.mjs';
import { suite } from './suite.mjs';

let provider;
const here = suite({
  async prepare({ demo }) {
    provider = await startProvider();
    // The demonstration again, as a site that knows the provider.
    await demo.die();
    await demo.comeBack({
      RECUEIL_OIDC_ISSUER: provider.url, RECUEIL_OIDC_CLIENT: client.id, RECUEIL_OIDC_SECRET: client.secret, RECUEIL_OIDC_LABEL: 'Chez nous', RECUEIL_URL: demo.url,
    });
  },
});
after(() => provider?.stop());

test('an account elsewhere is connected, signs in, and is disconnected', async () => {
  const stranger = await here.window();
  const signIn = async () => {
    await stranger.page.goto('/admin/');
    await stranger.page.getByRole('link', { name: 'Se connecter avec Chez nous' }).click();
    await stranger.page.getByRole('link', { name: 'I am Alice' }).click();
  };
  // The page that says so takes the reason out of its address.
  const unknown = () => stranger.page.locator('[data-for~=identity_unknown]').first().waitFor();
  await signIn();
  await unknown(); // nobody has connected it

  const { context, page, complaints } = await here.fresh('editor');
  await page.goto('/admin/account');
  await settled(page);
  const card = page.getByRole('region', { name: 'Compte d’ailleurs' });
  await card.getByRole('button', { name: 'Relier mon compte Chez nous' }).click();
  await page.getByRole('link', { name: 'I am Alice' }).click();
  await page.waitForURL(/\/admin\/$/);
  await page.goto('/admin/account');
  await card.locator('[data-identity]').waitFor();
  await shoot(page, 'elsewhere-fr-1280');
  assert.deepEqual(await axeFinds(page), []);

  await signIn();
  await stranger.page.waitForURL(/\/admin\/$/);
  await settled(stranger.page);
  assert.equal((await (await stranger.context.request.get('/api/v1/me')).json()).data.user.email, 'editor@pact.example.org');
  await stranger.context.clearCookies();

  await card.getByRole('button', { name: 'Détacher le compte Chez nous' }).click();
  await card.getByRole('button', { name: 'Relier mon compte Chez nous' }).waitFor();
  await signIn();
  await unknown();
  assert.deepEqual(complaints, []);
  await context.close();
  await stranger.context.close();
});
