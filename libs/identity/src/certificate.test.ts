import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { InferError } from '@sheaf/inference';
import { subjectNote } from './certificate-subject.ts';
import {
  type CertificateFacts,
  createAuthenticate,
  createDevelopmentCertificates,
  type IdentitySpec,
} from './index.ts';
import { noon, nothingShown } from './testing/fake-issuer.ts';

const reader: CertificateFacts = {
  commonName: 'reader',
  alternativeNames: ['DNS:reader.example', 'URI:spiffe://mesh/reader'],
  fingerprint: 'abcd01',
  expiresAt: noon + 1000,
};

const rule = (subject: string, tenant = 'acme') => ({ subject, tenant, roles: ['infer'] as const, models: ['*'] });

function show(spec: Partial<IdentitySpec>, certificate = reader, now = noon) {
  const anonymous = { tenant: 'public', roles: [], models: [] };
  const full = { keys: true, jwt: [], certificates: [], anonymous, ...spec };
  return createAuthenticate(full, { keys: () => new Map(), now: () => now })({ ...nothingShown, certificate });
}

describe('a client certificate', () => {
  it('tells who calls by the first rule that matches', () => {
    const certificates = [rule('writer'), rule('read*'), rule('*', 'later')];
    assert.deepEqual(show({ certificates }), {
      id: 'cert:reader',
      tenant: 'acme',
      roles: ['infer'],
      models: ['*'],
      priority: 'standard',
      claims: { commonName: 'reader', fingerprint: 'abcd01' },
    });
  });

  for (const [subject, id] of [
    ['reader', 'cert:reader'],
    ['DNS:*.example', 'cert:DNS:reader.example'],
    ['URI:spiffe://mesh/*', 'cert:URI:spiffe://mesh/reader'],
    ['*', 'cert:reader'],
  ] as const) {
    it(`is matched by ${subject}`, async () => {
      assert.equal((await show({ certificates: [rule(subject)] })).id, id);
    });
  }

  const invalid = (reason: string) => (error: unknown) =>
    error instanceof InferError && error.code === 'UNAUTHENTICATED' && error.reason === reason;

  for (const subject of ['Reader', 'reader.example', 'rea', 'eader', 'reader?', 'DNS:.example', '.*']) {
    it(`is not matched by ${subject}, and does not fall back to anonymous`, () => {
      assert.throws(() => show({ certificates: [rule(subject)] }), invalid('TOKEN_INVALID'));
    });
  }

  describe('has names of different kinds, none of which passes for another', () => {
    const without = { ...reader, commonName: '', alternativeNames: [] };
    const named = (...alternativeNames: string[]) => ({ ...without, alternativeNames });
    const cn = (commonName: string) => ({ ...without, commonName });
    const cases: [string, CertificateFacts, string | undefined][] = [
      ['URI:spiffe://mesh/monitor', cn('URI:spiffe://mesh/monitor'), undefined],
      ['URI:spiffe://mesh/monitor', named('URI:spiffe://mesh/monitor'), 'cert:URI:spiffe://mesh/monitor'],
      ['URI:*', named('DNS:URI:x', 'email:URI:x'), undefined],
      ['DNS:a.example', cn('DNS:a.example'), undefined],
      ['email:*@ops.example', named('email:eve@ops.example'), 'cert:email:eve@ops.example'],
      ['email:*@ops.example', cn('eve@ops.example'), undefined],
      ['*.ops.example', named('email:eve@x.ops.example'), undefined],
      ['*.ops.example', named('URI:https://x.ops.example'), undefined],
      ['*.ops.example', named('DNS:a.ops.example'), 'cert:DNS:a.ops.example'],
      ['*.ops.example', cn('a.ops.example'), 'cert:a.ops.example'],
      ['*.ops.example', cn('eve@a.b.ops.example'), undefined],
      ['DNS:*.ops.example', cn('a.ops.example'), undefined],
      ['DNS:*.ops.example', named('DNS:A.OPS.example'), 'cert:DNS:A.OPS.example'],
      ['DNS:*.ops.example', named('DNS:a.b.ops.example'), undefined],
      ['DNS:*.ops.example', named('DNS:.ops.example'), undefined],
      ['DNS:*', named('email:a@b', 'DNS:a.b.c'), 'cert:DNS:a.b.c'],
      ['CN:ops-*', cn('ops-1'), 'cert:ops-1'],
      ['CN:ops-*', named('DNS:ops-1'), undefined],
      ['ops-*', named('DNS:ops-1', 'email:ops-1'), undefined],
      ['*', named('email:a@b'), 'cert:email:a@b'],
      // Nobody has the id of a DNS name by a common name that reads like one.
      ['*', cn('DNS:a.example'), 'cert:CN:DNS:a.example'],
    ];
    for (const [subject, facts, id] of cases)
      it(`${subject} ${id === undefined ? 'does not match' : 'matches'} ${JSON.stringify([facts.commonName, ...facts.alternativeNames])}`, async () => {
        const certificates = [rule(subject)];
        if (id === undefined) assert.throws(() => show({ certificates }, facts), invalid('TOKEN_INVALID'));
        else assert.equal((await show({ certificates }, facts)).id, id);
      });
  });

  it('is of the same principal from call to call, until it expires', () => {
    let now = noon;
    const spec = { keys: true, jwt: [], certificates: [rule('reader')], anonymous: undefined };
    const authenticate = createAuthenticate(spec, { keys: () => new Map(), now: () => now });
    const call = () => authenticate({ ...nothingShown, certificate: reader });
    assert.equal(call(), call());
    now = reader.expiresAt;
    assert.throws(call, { reason: 'TOKEN_EXPIRED' });
  });

  it('without a name is nobody, even where everybody is let in', () => {
    const unnamed = { ...reader, commonName: '', alternativeNames: [] };
    assert.throws(() => show({ certificates: [rule('*')] }, unnamed), invalid('TOKEN_INVALID'));
  });

  it('is refused from the millisecond in which it expires, though its connection is still open', () => {
    const certificates = [rule('*')];
    assert.ok(show({ certificates }, reader, noon + 999));
    assert.throws(() => show({ certificates }, reader, noon + 1000), invalid('TOKEN_EXPIRED'));
  });

  it('tells nothing where there is no rule for any', async () => {
    assert.equal((await show({ certificates: [] })).id, 'anonymous');
  });
});

describe('createDevelopmentCertificates', () => {
  const hosts = ['localhost', '127.0.0.1', '::1', '*.sheaf.example'];
  const made = createDevelopmentCertificates({ days: 30, hosts });

  it('makes two P-256 authorities, one of the mesh and one of its callers, and leaves that they have signed', async () => {
    const { ca, clientCa, gateway, service, client } = await made;
    const [mesh, callers] = [new X509Certificate(ca.certificate), new X509Certificate(clientCa.certificate)];
    for (const { ca: signs, publicKey } of [mesh, callers])
      assert.deepEqual([signs, publicKey.asymmetricKeyDetails?.namedCurve], [true, 'prime256v1']);
    for (const [pair, authority, other] of [
      [gateway, mesh, callers],
      [service, mesh, callers],
      [await client('reader'), callers, mesh],
    ] as const) {
      const leaf = new X509Certificate(pair.certificate);
      assert.ok(leaf.checkIssued(authority) && leaf.verify(authority.publicKey) && !leaf.ca);
      assert.ok(!leaf.verify(other.publicKey), 'a caller is no service');
    }
    assert.equal(new Set([ca.key, gateway.key, service.key]).size, 3);
  });

  it('names the hosts, the purposes and the days', async () => {
    const { gateway, client } = await made;
    const leaf = new X509Certificate(gateway.certificate);
    assert.ok(leaf.checkHost('localhost') && leaf.checkHost('a.sheaf.example') && leaf.checkIP('127.0.0.1'));
    assert.ok(leaf.checkIP('::1') && !leaf.checkHost('other.example'));
    const days = (leaf.validToDate.getTime() - leaf.validFromDate.getTime()) / 86_400_000;
    assert.ok(days >= 30 && days < 30.01, `${days} days`);
    assert.deepEqual(leaf.keyUsage, ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    assert.deepEqual(new X509Certificate((await client('reader')).certificate).keyUsage, ['1.3.6.1.5.5.7.3.2']);
  });

  it('opens a connection on which both sides are sure of each other', async () => {
    const { ca, clientCa, gateway, client } = await made;
    const pair = await client('reader');
    const options = { cert: gateway.certificate, key: gateway.key, ca: clientCa.certificate, requestCert: true };
    const server = createServer({ ...options, rejectUnauthorized: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const asked = connect({ port, host: '127.0.0.1', cert: pair.certificate, key: pair.key, ca: ca.certificate });
    try {
      const [socket] = (await once(server, 'secureConnection')) as [TLSSocket];
      assert.equal(socket.authorized, true);
      assert.equal(socket.getPeerCertificate().subject.CN, 'reader');
      if (!asked.authorized) await once(asked, 'secureConnect');
      assert.match(asked.getPeerCertificate().subjectaltname ?? '', /^DNS:localhost, IP Address:127\.0\.0\.1/);
    } finally {
      asked.destroy();
      server.close();
    }
  });

  it('refuses requests that make no sense', async () => {
    for (const days of [0, -1, 826, Number.NaN]) {
      await assert.rejects(createDevelopmentCertificates({ days, hosts }), /days: want 1 to 825/);
    }
    await assert.rejects(createDevelopmentCertificates({ days: 1, hosts: [] }), /hosts/);
    await assert.rejects(createDevelopmentCertificates({ days: 1, hosts: ['a b'] }), /hosts/);
    const { client } = await made;
    for (const name of ['', 'a,O=b', '../key', 'a'.repeat(65)]) await assert.rejects(client(name), /client name/);
  });
});

describe('a note of a subject', () => {
  it('says what one with * is about, where it may be meant for more', () => {
    for (const subject of ['*', 'DNS:*', 'reader', 'URI:spiffe://mesh/*', 'CN:ops-*', 'DNS:a.example'])
      assert.equal(subjectNote(subject), undefined, subject);
    const labels = '* stands for one label or a part of one, so *.example is a.example and not a.b.example';
    assert.equal(subjectNote('DNS:*.example'), `"DNS:*.example" is a host: ${labels}`);
    assert.equal(
      subjectNote('*.ops.example'),
      `"*.ops.example" is a host, by its DNS name or common name and no other kind: ${labels}`,
    );
    assert.equal(
      subjectNote('*reader*'),
      '"*reader*" is about common names alone; another kind is named, as in "URI:*reader*"',
    );
  });
});
