// A small OpenID Connect provider, as a site elsewhere: discovery, keys, a page
// where one says who one is, codes that are good once, signed ID tokens.
import { createHash, createSign, generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

export const client = { id: 'recueil', secret: 'a secret of the client' };

export async function startProvider() {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const codes = new Map();
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const sign = (claims) => {
    const text = `${part({ alg: 'RS256', kid: '1' })}.${part(claims)}`;
    return `${text}.${createSign('RSA-SHA256').update(text).sign(privateKey, 'base64url')}`;
  };
  let url;
  const answers = {
    '/.well-known/openid-configuration': () => ({
      issuer: url, authorization_endpoint: `${url}/authorize`, token_endpoint: `${url}/token`, jwks_uri: `${url}/keys`, id_token_signing_alg_values_supported: ['RS256'],
    }),
    '/keys': () => ({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: '1', alg: 'RS256', use: 'sig' }] }),
    '/token'(form) {
      const asked = codes.get(form.get('code'));
      codes.delete(form.get('code'));
      const proof = createHash('sha256').update(form.get('code_verifier') ?? '').digest('base64url');
      if (!asked || asked.get('code_challenge') !== proof || asked.get('redirect_uri') !== form.get('redirect_uri')) return null;
      const now = Math.floor(Date.now() / 1000);
      return { access_token: randomUUID(), token_type: 'Bearer', expires_in: 3600, id_token: sign({ iss: url, sub: 'alice', aud: client.id, nonce: asked.get('nonce'), iat: now, exp: now + 3600 }) };
    },
  };
  const server = createServer(async (request, response) => {
    const at = new URL(request.url, url);
    if (at.pathname === '/authorize') {
      const code = randomUUID();
      codes.set(code, at.searchParams);
      const back = new URL(at.searchParams.get('redirect_uri'));
      back.search = new URLSearchParams({ code, state: at.searchParams.get('state'), iss: url }).toString();
      response.setHeader('Content-Type', 'text/html; charset=utf-8');
      response.end(`<!doctype html><title>Elsewhere</title><a href="${back.href.replaceAll('&', '&amp;')}">I am Alice</a>`);
      return;
    }
    let body = '';
    for await (const chunk of request) body += chunk;
    const answer = answers[at.pathname]?.(new URLSearchParams(body));
    response.writeHead(answer === undefined ? 404 : answer === null ? 400 : 200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(answer ?? { error: 'invalid_grant' }));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${server.address().port}`;
  return { url, stop: () => new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }) };
}
