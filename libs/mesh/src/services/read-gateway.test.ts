import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { MeshProblem } from '../problem.ts';
import { readSettings } from './read-services.ts';

/** Of a mesh.yaml that says only this of its gateway. */
async function read(gateway: string) {
  const folder = await mkdtemp(join(tmpdir(), 'sheaf-gateway-'));
  const problems: MeshProblem[] = [];
  await writeFile(join(folder, 'mesh.yaml'), `gateway: { ${gateway} }\n`);
  const settings = await readSettings(folder, { models: [], transforms: [], versions: new Map() }, problems, []);
  await rm(folder, { recursive: true });
  return { gateway: settings.gateway, problems: problems.map(({ path, message }) => `${path}: ${message}`) };
}

describe('the connections of a gateway in mesh.yaml', () => {
  it('have an hour unless told, and no proxies', async () => {
    const { gateway, problems } = await read('port: 0');
    assert.deepEqual(problems, []);
    assert.equal(gateway.connectionAgeMaxMs, 3_600_000);
    assert.deepEqual(gateway.trustedProxies, []);
    assert.equal(gateway.proxyProtocol, undefined);
  });

  it('may have the last port there is, for as many replicas as have one', async () => {
    assert.deepEqual((await read('port: 65535')).problems, []);
    assert.deepEqual((await read('port: 65534, replicas: 2')).problems, []);
    assert.deepEqual((await read('port: 0, replicas: 16')).problems, []);
  });

  it('are as it says', async () => {
    const { gateway, problems } = await read(
      'connectionsMax: 100, connectionAgeMaxMs: 0, trustedProxies: [10.0.0.0/8, "2001:db8::1"], forwardedHeader: forwarded, proxyProtocol: true',
    );
    assert.deepEqual(problems, []);
    const { connectionsMax, connectionAgeMaxMs, trustedProxies, forwardedHeader, proxyProtocol } = gateway;
    assert.deepEqual(
      [connectionsMax, connectionAgeMaxMs, forwardedHeader, proxyProtocol],
      [100, 0, 'forwarded', 'any'],
    );
    assert.deepEqual(trustedProxies, ['10.0.0.0/8', '2001:db8::1']);
    assert.equal((await read('trustedProxies: [10.0.0.1], proxyProtocol: false')).gateway.proxyProtocol, undefined);
  });

  const networks =
    'gateway.trustedProxies: want a list of addresses and CIDR ranges, such as [10.0.0.0/8, "2001:db8::1"]';
  const network =
    'gateway.trustedProxies.0: want an address or a CIDR range of less than everybody, such as 10.0.0.0/8 or 2001:db8::1';
  const alone = 'want trustedProxies as well: nobody else is believed';
  const wrong: readonly (readonly [string, string])[] = [
    ['connectionsMax: 1', 'gateway.connectionsMax: want an integer from 16 to 1000000, got 1'],
    ['connectionAgeMaxMs: 1h', 'gateway.connectionAgeMaxMs: want an integer from 0 to 2592000000, got "1h"'],
    ['trustedProxies: [balancer.internal]', `${network}, got "balancer.internal"`],
    ['trustedProxies: [10.0.0.0/33]', `${network}, got "10.0.0.0/33"`],
    ['trustedProxies: [0.0.0.0/0]', `${network}, got "0.0.0.0/0"`],
    ['trustedProxies: 10.0.0.0/8', `${networks}, got "10.0.0.0/8"`],
    ['proxyProtocol: v3, trustedProxies: [10.0.0.1]', 'gateway.proxyProtocol: want true, false, v1 or v2, got "v3"'],
    [
      'port: 65535, replicas: 2',
      'gateway.port: want at most 65534 where there are 2 replicas, each with the next port; got 65535',
    ],
    ['proxyProtocol: true', `gateway.proxyProtocol: ${alone}`],
    ['forwardedHeader: forwarded', `gateway.forwardedHeader: ${alone}`],
    [
      'forwardedHeader: x-real-ip, trustedProxies: ["::1"]',
      'gateway.forwardedHeader: want x-forwarded-for or forwarded, got "x-real-ip"',
    ],
  ];
  for (const [line, problem] of wrong)
    it(`are not as it says where that is wrong: ${line}`, async () => {
      assert.deepEqual((await read(line)).problems, [problem]);
    });
});
