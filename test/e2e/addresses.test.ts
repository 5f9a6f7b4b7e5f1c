/** Where a gateway may listen, and what it says when it cannot. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx/testing';
import { Caller } from '../support/caller.ts';
import { startTestMesh, writeFolder } from '../support/mesh-folder.ts';
import { runSheaf, startSheaf } from '../support/sheaf.ts';
import { startStockServer } from '../support/stock-server.ts';
import { waitFor } from '../support/wait-for.ts';

const policies = 'identity: { anonymous: { tenant: public, roles: [infer], models: ["*"] } }\n';

/** What `sheaf up` says of a mesh whose gateway is to listen there, and what a command gets that asks it at `asked`. */
async function upOn(gateway: string, asked: (port: string) => string) {
  const folder = await writeFolder({
    'models/double': sampleModels.scale(2),
    'mesh.yaml': `gateway: ${gateway}\n`,
    'policies.yaml': policies,
  });
  const command = startSheaf(['up', folder, '--port', '0']);
  const upLine = /the mesh is up: gRPC on (\S+):(\d+);/;
  try {
    let isOver = false;
    void command.ended.then(() => (isOver = true));
    await waitFor(() => isOver || upLine.test(command.output()), command.output, 60_000);
    const [, host, port = ''] = upLine.exec(command.output()) ?? [];
    const answer = await runSheaf(['infer', 'double', '[[1, 2]]', '--address', asked(port)]);
    return { host, answer };
  } finally {
    command.kill('SIGINT');
    await command.ended;
    await rm(folder, { recursive: true });
  }
}

/** What is told of a gateway that cannot listen there. */
async function refusalOf(gateway: string, ...options: string[]): Promise<string> {
  const folder = await writeFolder({
    'models/double': sampleModels.scale(2),
    'mesh.yaml': `gateway: ${gateway}\n`,
    'policies.yaml': policies,
  });
  const { code, stderr } = await runSheaf(['up', folder, ...options]);
  assert.equal(code, 2);
  await rm(folder, { recursive: true });
  return stderr;
}

const hasIPv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);

describe('a gateway on an IPv6 address', { skip: hasIPv6 ? false : 'this machine has no ::1' }, () => {
  for (const host of ["'::1'", "'[::1]'"])
    it(`listens on ${host}, and prints it as a client writes it`, async () => {
      const { host: printed, answer } = await upOn(`{ host: ${host} }`, (port) => `[::1]:${port}`);
      assert.equal(printed, '[::1]');
      assert.equal(answer.code, 0, answer.stderr);
    });

  it("listens on '::', which IPv4 reaches as well", async () => {
    const { host, answer } = await upOn("{ host: '::' }", (port) => `127.0.0.1:${port}`);
    assert.equal(host, '[::]');
    assert.equal(answer.code, 0, answer.stderr);
  });
});

describe('a server behind on an IPv6 address', { skip: hasIPv6 ? false : 'this machine has no ::1' }, () => {
  for (const prefix of ['', 'ipv6:'])
    it(`is asked at '${prefix}[::1]:<port>'`, async () => {
      const x = { datatype: 'FP32', shape: [-1, 2] };
      const metadata = { versions: ['1'], inputs: [{ name: 'x', ...x }], outputs: [{ name: 'y', ...x }] };
      await using server = await startStockServer({ host: '[::1]', metadata });
      await using mesh = await startTestMesh({
        'mesh.yaml': `services: { far: { models: [far], endpoint: '${prefix}[::1]:${server.port}' } }\n`,
      });
      using caller = new Caller(mesh.running.gateway.port);
      assert.equal((await caller.infer('far')).code, 'OK');
    });
});

describe('a gateway that cannot listen', () => {
  it('says that the machine has no such address', async () => {
    assert.match(
      await refusalOf('{ host: 192.0.2.1 }'),
      /^gateway: cannot listen on 192\.0\.2\.1:8001: this machine has no address 192\.0\.2\.1; /m,
    );
  });

  it('says that nobody knows the host', async () => {
    assert.match(
      await refusalOf('{ host: nowhere.invalid }'),
      /^gateway: cannot listen on nowhere\.invalid:8001: the name nowhere\.invalid leads to no address/m,
    );
  });

  it('says before the start that a host is none', async () => {
    for (const host of ["'127.0.0.1:8001'", "'[::1]:8001'", "'::1::'", "'[127.0.0.1]'", "''"])
      assert.match(
        await refusalOf(`{ host: ${host} }`),
        /mesh\.yaml:1: gateway\.host: want the name or address of this machine to listen on, such as 127\.0\.0\.1 or ::1, without a port, got/,
        host,
      );
  });
});
