/** Rollouts of a registry that is a process of its own, in a mesh that follows it. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type InferError, innerLimits, tensorOf } from '@sheaf/inference';
import { readMesh } from '@sheaf/mesh';
import { sampleModels } from '@sheaf/onnx/testing';
import { pushVersion } from '@sheaf/registry';
import type { Rollout } from '@sheaf/rollout';
import { freePort } from '@sheaf/supervisor';
import { connectRegistry, createRemote, type RegistryConnection, type Remote } from '@sheaf/transport';
import { addKeys } from '../support/credentials.ts';
import { ask, writeFolder } from '../support/mesh-folder.ts';
import { type RegistryProcess, startRegistryProcess } from '../support/registry-process.ts';
import { type RunningCommand, runSheaf, startSheaf } from '../support/sheaf.ts';
import { waitFor } from '../support/wait-for.ts';

const x = tensorOf('x', 'FP32', [1, 2], Float32Array.of(1, 2));
const named = { kind: 'model', name: 'scale' } as const;
const quick = { percent: 50, wait: '1ms', calls: 10 };
/** Goes on until somebody says something. */
const forLong = { percent: 50, wait: '1h', calls: 1 };

let keeper: string;
let folder: string;
let port: number;
let registry: RegistryProcess;
let connection: RegistryConnection;
let up: RunningCommand;
let gateways: readonly Remote[] = [];
let keys: Record<'ops' | 'mesh' | 'reader', string>;

const openRegistryProcess = async (): Promise<void> => {
  registry = await startRegistryProcess(keeper, { port });
  assert.equal(registry.address, `127.0.0.1:${port}`, registry.output());
};

before(async () => {
  port = await freePort();
  keeper = await writeFolder({ 'policies.yaml': '{}\n' });
  keys = await addKeys(keeper, {
    ops: { tenant: 'ops', roles: ['admin'] },
    mesh: { tenant: 'mesh', roles: ['observe', 'report'] },
    reader: { tenant: 'mesh', roles: ['observe'] },
  });
  await openRegistryProcess();
  connection = connectRegistry(`127.0.0.1:${port}`, {
    metadata: { authorization: `Bearer ${keys.ops}` },
    tls: undefined,
    timeoutMs: 60_000,
  });
  await push(10);
  await promote(1);
  const first = await freePort();
  folder = await writeFolder({
    'mesh.yaml': `gateway: { replicas: 2 }\nregistry: { address: '127.0.0.1:${port}', key: { file: key } }\n`,
  });
  await writeFile(join(folder, 'key'), keys.mesh, { mode: 0o600 });
  up = startSheaf(['up', folder, '--port', String(first)]);
  await waitFor(() => up.output().includes('the mesh is up'), up.output, 120_000);
  const { limits } = (await readMesh(folder)).mesh ?? assert.fail();
  gateways = [first, first + 1].map((own) =>
    createRemote(`127.0.0.1:${own}`, { service: 'gateway', limits: innerLimits(limits) }),
  );
});
after(async () => {
  for (const gateway of gateways) gateway.close();
  connection.close();
  up.kill('SIGINT');
  registry.child.kill('SIGKILL');
  await up.ended;
  for (const own of [keeper, folder]) await rm(own, { recursive: true, force: true });
});

async function push(factor: number): Promise<number> {
  const source = sampleModels.scale(factor);
  const sha256 = createHash('sha256').update(source).digest('hex');
  const file = { path: 'model.onnx', sizeBytes: source.byteLength, sha256, source };
  return (await pushVersion(connection.calls, { ...named, files: [file], said: {} })).version.version;
}

async function promote(version: number): Promise<void> {
  const { aliases } = await connection.calls.listAliases(named);
  const expectedEpoch = aliases.find(({ alias }) => alias === 'champion')?.epoch ?? 0;
  await connection.calls.moveAlias({ ...named, alias: 'champion', to: String(version), expectedEpoch, why: 'test' });
}

const begin = (version: number, plan: object): Promise<unknown> =>
  connection.calls.startRollout({
    ...named,
    planJson: JSON.stringify({ versions: { [version]: 1 }, sticky: 'random', ...plan }),
  });
const tell = (command: string): Promise<unknown> => connection.calls.tellRollout({ ...named, command, why: 'test' });
const state = async (): Promise<Rollout['state']> => {
  const { rollout } = await connection.calls.getRollout(named);
  return (JSON.parse(rollout?.evidenceJson ?? '') as { readonly state: Rollout['state'] }).state;
};
const isAt = (kind: string) => async (): Promise<boolean> => (await state()).phase.kind === kind;

/** The version that a gateway answers with, or the code of its failure. */
const answerOf = (gateway: Remote): Promise<string> =>
  ask(gateway, 'scale', [x]).then(
    ({ version }) => version,
    ({ code, message }: InferError) => `${code} ${message}`,
  );

/** Asks both gateways until `isOver`; answers what they answered, in order. */
async function answersUntil(isOver: () => boolean | Promise<boolean>): Promise<string[]> {
  const answers: string[] = [];
  let over = false;
  const callers = gateways.map(async (gateway) => {
    while (!over) answers.push(await answerOf(gateway));
  });
  try {
    await waitFor(isOver, () => up.output(), 120_000);
  } finally {
    over = true;
    await Promise.all(callers);
  }
  return answers;
}

const seen = (answers: readonly string[]): string[] => [...new Set(answers)].toSorted();

/** Both gateways, as often as it takes, answer nothing but this. */
async function settlesOn(...versions: readonly string[]): Promise<void> {
  await waitFor(async () => {
    const answers = await Promise.all(
      gateways.flatMap((gateway) => Array.from({ length: 20 }, () => answerOf(gateway))),
    );
    return seen(answers).join() === versions.join();
  }, up.output);
}

describe('a mesh that follows a registry elsewhere', { timeout: 600_000 }, () => {
  it('tries a version on shares of the calls, and has it as soon as it is promoted, with no way back between', async () => {
    const version = await push(20);
    await begin(version, { steps: [quick, quick], guards: { errors: 0.01 } });
    assert.deepEqual(seen(await answersUntil(isAt('promoted'))), ['1', '2'], registry.output());
    const taken = (): boolean => up.output().includes('scale: champion is version 2 now');
    // Gateways hear of the end within a moment; from then on until the mesh follows the alias, it is the rollout that holds.
    const answers = await answersUntil(taken);
    const last = answers.lastIndexOf('1');
    assert.ok(last === -1 || last < 40, `version 1 answered call ${last} of ${answers.length} after the promotion`);
    await settlesOn('2');
    assert.ok((await state()).changes.every(({ by }) => by === 'rollout'));
  });

  it('takes one back whose copies differ before a caller has had it', async () => {
    const version = await push(30);
    await begin(version, {
      shadow: { percent: 100, callsInFlight: 8, agree: 'values', wait: '1h', calls: 20, examples: true },
      guards: { agreement: 0.9 },
      steps: [quick],
    });
    assert.deepEqual(seen(await answersUntil(isAt('rolled-back'))), ['2']);
    assert.match((await state()).changes.at(-1)?.why ?? '', /^agreement: version 3 answers otherwise/);
  });

  it('does what it is told: holds, goes on, is given up, is promoted at once; and goes on while the registry is away', async () => {
    await begin(3, { steps: [forLong, quick], guards: { errors: 0.01 } });
    await settlesOn('2', '3');
    await tell('hold');
    await settlesOn('2', '3');
    assert.equal((await state()).phase.kind, 'held');
    registry.child.kill('SIGKILL');
    await once(registry.child, 'exit');
    await waitFor(() => up.output().includes('rollouts cannot be read or moved'), up.output);
    await settlesOn('2', '3');
    await openRegistryProcess();
    await tell('resume');
    await waitFor(isAt('canary'));
    await waitFor(() => up.output().includes('rollouts can be read again'), up.output);
    await tell('abort');
    await settlesOn('2');
    await begin(3, { steps: [forLong], guards: { errors: 0.01 } });
    await settlesOn('2', '3');
    await tell('promote');
    await settlesOn('3');
    await waitFor(isAt('promoted'));
  });

  it('takes no report of a credential that may only look', async () => {
    const reader = connectRegistry(`127.0.0.1:${port}`, {
      metadata: { authorization: `Bearer ${keys.reader}` },
      tls: undefined,
      timeoutMs: 60_000,
    });
    try {
      await assert.rejects(reader.calls.reportEvidence({ source: 'a', reports: [] }), /wants the role report/);
    } finally {
      reader.close();
    }
    const shown = await runSheaf([
      'models',
      'rollout',
      'scale',
      '--once',
      '--address',
      `127.0.0.1:${port}`,
      '--key',
      keys.reader,
    ]);
    assert.match(shown.stdout, /promoted/, shown.stderr);
  });
});
