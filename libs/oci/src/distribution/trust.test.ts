import assert from 'node:assert/strict';
import type { LookupFunction } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type RegistryDouble, startRegistry } from '../testing/registry-double.ts';
import { failing, failsClean, pull, push, reference, registry } from '../testing/registry-fixture.ts';

describe('who asks', () => {
  const credentials = { username: 'ann', password: 'pass:word' };
  const basic = `Basic ${Buffer.from('ann:pass:word').toString('base64')}`;

  it('is told by a password where that is wanted', async () => {
    registry.fault = ({ headers }, response) => {
      if (headers.authorization === basic) return false;
      response.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end();
      return true;
    };
    await assert.rejects(push(), { code: 'UNAUTHENTICATED' });
    await push({ credentials });
    await pull({ credentials });
  });

  describe('by a token', () => {
    let issuer: RegistryDouble;
    beforeEach(async () => {
      issuer = await startRegistry();
      issuer.fault = ({ path, headers }, response) => {
        const scope = new URL(path, 'http://issuer').searchParams.get('scope');
        const isKnown = headers.authorization === basic;
        response.writeHead(isKnown ? 200 : 401).end(JSON.stringify({ token: `for-${scope}` }));
        return true;
      };
      registry.fault = ({ method, headers }, response) => {
        const scope = `repository:team/digits:${method === 'GET' || method === 'HEAD' ? 'pull' : 'pull,push'}`;
        if (headers.authorization?.startsWith(`Bearer for-${scope}`)) return false;
        const challenge = `Bearer realm="http://${issuer.host}/token",service="registry",scope="${scope}"`;
        response.writeHead(401, { 'www-authenticate': challenge }).end();
        return true;
      };
    });
    afterEach(() => issuer[Symbol.asyncDispose]());

    it('gets it where the registry says, once for each right', async () => {
      await push({ credentials, allowedHosts: [issuer.host] });
      const scopes = issuer.seen.map(({ path }) => new URL(path, 'http://issuer').searchParams.get('scope'));
      assert.deepEqual(new Set(scopes), new Set(['repository:team/digits:pull', 'repository:team/digits:pull,push']));
    });
    it('says nothing to an issuer inside of a network', async () => {
      await assert.rejects(push({ credentials }), { code: 'PERMISSION_DENIED', message: /leads to http:.*want https/ });
      assert.deepEqual(issuer.seen, []);
    });
    it('is told where it is not known', async () => {
      const wrong = { ...credentials, password: 'wrong' };
      await assert.rejects(push({ credentials: wrong, allowedHosts: [issuer.host] }), {
        code: 'UNAUTHENTICATED',
        message: /for a token for 127/,
      });
    });
  });
});

describe('where a registry leads', () => {
  let elsewhere: RegistryDouble;
  const redirect = (to: string) => {
    registry.fault = ({ method, path }, response) => {
      if (method !== 'GET' || !path.includes('/blobs/')) return false;
      response.writeHead(307, { location: `${to}${path}` }).end();
      return true;
    };
  };
  beforeEach(async () => {
    await push();
    elsewhere = await startRegistry();
    for (const [digest, bytes] of registry.blobs) elsewhere.blobs.set(digest, bytes);
  });
  afterEach(() => elsewhere[Symbol.asyncDispose]());

  it('is followed where it is allowed, without saying who asks', async () => {
    redirect(`http://${elsewhere.host}`);
    await pull({ allowedHosts: [elsewhere.host], credentials: { username: 'ann', password: 'x' } });
    assert.ok(elsewhere.seen.length > 0);
    assert.ok(elsewhere.seen.every(({ headers }) => headers.authorization === undefined));
  });

  const places = [
    ...['https://127.0.0.1:1', 'https://localhost:1', 'https://10.0.0.1', 'https://169.254.169.254', 'https://[::1]'],
    ...['https://[::ffff:10.0.0.1]', 'https://2130706433', 'http://example.com', 'ftp://example.com', 'file://'],
    ...['https://user:pass@example.com', 'gopher://example.com'],
  ];
  for (const place of places)
    it(`is not followed to ${place}`, async () => {
      redirect(place);
      await failsClean(pull(), 'PERMISSION_DENIED', /leads to/);
    });

  it('is not followed to a name of an address inside a network, whatever else it has', async () => {
    for (const found of [['10.0.0.1'], ['8.8.8.8', '::1']]) {
      const asked: string[] = [];
      const lookup: LookupFunction = (name, _options, callback) => {
        asked.push(name);
        callback(
          null,
          found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
        );
      };
      redirect('https://blobs.example.com');
      await failsClean(
        pull({ lookup }),
        'PERMISSION_DENIED',
        /blobs\.example\.com, which has no public address; --allow-host/,
      );
      assert.deepEqual(asked, ['blobs.example.com']);
    }
  });

  it('is not followed round and round', async () => {
    redirect(`http://${registry.host}`);
    await failsClean(pull(), 'FAILED_PRECONDITION', /more than 5 times/);
  });

  it('is not followed with what is to be written', async () => {
    registry.blobs.clear();
    failing('PUT', 1, (response) => response.writeHead(307, { location: `http://${elsewhere.host}/x` }).end());
    await assert.rejects(push({ allowedHosts: [elsewhere.host] }), { code: 'PERMISSION_DENIED' });
    assert.deepEqual(elsewhere.seen, []);
  });

  it('is asked over TLS unless it is on this machine', async () => {
    const [, port] = registry.host.split(':');
    const lookup: LookupFunction = (_name, { all }, callback) =>
      all ? callback(null, [{ address: '127.0.0.1', family: 4 }]) : callback(null, '127.0.0.1', 4);
    const there = reference(':v3', `registry.example.com:${port}`);
    await failsClean(pull({ lookup }, there), 'FAILED_PRECONDITION', /does not speak TLS/);
    await pull({ lookup, plainHttp: true }, there);
  });
});
