import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultLimits, InferError, tensorOf } from '@sheaf/inference';
import { sampleModels } from '@sheaf/onnx/testing';
import { createServer, type Server } from '@sheaf/transport';
import { ask, type Files, startTestMesh } from '../support/mesh-folder.ts';
import { someRound } from '../support/rounds.ts';
import { waitFor } from '../support/wait-for.ts';

const x = tensorOf('x', 'FP32', [1, 2], Float32Array.of(1, 2));
const pairs = (replicas: number, more = ''): Files => ({
  'models/pair': sampleModels.scale(2),
  'mesh.yaml': `services:\n  pairs: { models: [pair], replicas: ${replicas} }\n${more}`,
});

interface Failure {
  readonly error: InferError;
  readonly afterMs: number;
}

const lanes = 8;

/** Calls without a pause, so many at a time, until it is told to stop. */
function startLoad(work: () => Promise<unknown>) {
  const counts = { answered: 0, failures: [] as Failure[] };
  let going = true;
  const loop = async (): Promise<void> => {
    while (going) {
      const startedAt = performance.now();
      await work().then(
        () => counts.answered++,
        async (error) => {
          counts.failures.push({ error, afterMs: performance.now() - startedAt });
          // What is refused at once is asked again at once; that much is enough.
          await new Promise((resolve) => setTimeout(resolve, 5));
        },
      );
    }
  };
  const loops = Promise.all(Array.from({ length: lanes }, loop));
  const stop = async () => {
    going = false;
    await loops;
    return counts;
  };
  return { counts, stop };
}

/** Somebody's server: of each ten tries of its model two are refused, in an order that nobody foresees. */
async function openFlaky(): Promise<{ server: Server; tries: () => number }> {
  let tries = 0;
  let left: boolean[] = [];
  const server = await createServer(
    { name: 'far', host: '127.0.0.1', port: 0, limits: defaultLimits },
    {
      infer: async ({ model }) => {
        tries++;
        if (left.length === 0) left = Array.from({ length: 10 }, (_, n) => n < 2);
        const [fails] = left.splice(Math.floor(Math.random() * left.length), 1);
        if (fails) throw new InferError('UNAVAILABLE', 'not now');
        return { model, version: '1', parameters: new Map(), outputs: [] };
      },
      describe: (name) => ({ name, versions: ['1'], platform: 'test', inputs: [], outputs: [] }),
      isReady: () => true,
      names: () => ['flaky'],
      snapshot: () => ({ epoch: 1 }),
      onJournal: () => {},
    },
  );
  server.open();
  return { server, tries: () => tries };
}

async function askFlaky(more = ''): Promise<{ calls: number; answered: number; tries: number }> {
  const { server, tries } = await openFlaky();
  const meshYaml = `services:\n  far: { models: [flaky], endpoint: '127.0.0.1:${server.port}', protocol: open-inference }\n${more}`;
  await using mesh = await startTestMesh({ 'mesh.yaml': meshYaml });
  let [calls, answered] = [0, 0];
  const lane = async (): Promise<void> => {
    while (calls < 2_000) {
      calls++;
      await ask(mesh.gateway, 'flaky', []).then(
        () => answered++,
        () => {},
      );
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  await server.close(1_000);
  return { calls, answered, tries: tries() };
}

describe('a mesh that loses a process under load', () => {
  it('answers all but 1 of 1,000 calls when one of two replicas is killed', (t) =>
    someRound(async () => {
      await using mesh = await startTestMesh(pairs(2));
      const load = startLoad(() => ask(mesh.gateway, 'pair', [x]));
      const { counts } = load;
      await waitFor(() => counts.answered > 1_000);
      process.kill(mesh.running.services[0]?.pid ?? 0, 'SIGKILL');
      await waitFor(() => mesh.events.some((line) => line.startsWith('pairs-1 is ready again')));
      const seen = counts.answered;
      await waitFor(() => counts.answered > seen + 1_000);
      const { answered, failures } = await load.stop();
      t.diagnostic(`${failures.length} of ${answered + failures.length} calls failed`);
      assert.ok(
        failures.length <= 0.001 * (answered + failures.length),
        `${failures.length} of ${answered}: ${failures.map(({ error }) => error.message).join()}`,
      );
    }));

  it('loses calls there when retries are switched off', async (t) => {
    await using mesh = await startTestMesh(pairs(2, 'resilience: { retry: false }\n'));
    const load = startLoad(() => ask(mesh.gateway, 'pair', [x]));
    await waitFor(() => load.counts.answered > 500);
    process.kill(mesh.running.services[0]?.pid ?? 0, 'SIGKILL');
    await waitFor(() => mesh.events.some((line) => line.startsWith('pairs-1 is ready again')));
    const { failures } = await load.stop();
    t.diagnostic(`${failures.length} calls failed`);
    assert.ok(failures.length > 0);
  });

  it('refuses at once while the only replica is away, and answers as soon as it is back', async (t) => {
    await using mesh = await startTestMesh(pairs(1));
    const load = startLoad(() => ask(mesh.gateway, 'pair', [x]));
    const { counts } = load;
    await waitFor(() => counts.answered > 200);
    process.kill(mesh.running.services[0]?.pid ?? 0, 'SIGKILL');
    await waitFor(() => mesh.events.some((line) => line.startsWith('pairs is ready again')));
    const seen = counts.answered;
    const backAt = performance.now();
    await waitFor(() => counts.answered > seen + 200);
    const backMs = performance.now() - backAt;
    const { failures } = await load.stop();
    const slowestMs = Math.max(...failures.map(({ afterMs }) => afterMs));
    const reasons = new Set(failures.map(({ error }) => `${error.code} ${error.reason}`));
    t.diagnostic(
      `${failures.length} refused, the slowest after ${Math.round(slowestMs)} ms: ${[...reasons].join(', ')}`,
    );
    t.diagnostic(`200 answers ${Math.round(backMs)} ms after it was back`);
    assert.ok(failures.length > 0 && failures.every(({ error }) => error.code === 'UNAVAILABLE'));
    // Whoever waited for it would have been told once.
    assert.ok(failures.length >= 3 * lanes, `${failures.length} refusals`);
    assert.ok(slowestMs < 15_000, `a refusal took ${slowestMs} ms`);
    assert.ok(backMs < 30_000, `it took ${backMs} ms`);
  });
});

describe('a server that refuses a fifth of what it is asked', () => {
  it('is asked at most 1.2 times a call, and answers 95 of 100', async (t) => {
    const { calls, answered, tries } = await askFlaky();
    t.diagnostic(`${answered} of ${calls} calls answered with ${tries} tries`);
    assert.ok(answered >= 0.95 * calls, `${answered} of ${calls}`);
    assert.ok(tries <= 1.2 * calls + 3, `${tries} of ${calls}`);
  });

  it('answers 80 of 100 when retries are switched off', async () => {
    const { calls, answered, tries } = await askFlaky('resilience: { retry: false }\n');
    assert.ok(answered < 0.85 * calls, `${answered} of ${calls}`);
    assert.equal(tries, calls);
  });
});
