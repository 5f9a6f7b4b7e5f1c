/** Calls that nobody asked to trace, and that went wrong: they are traced all the same, by every process that had to do with them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tensorOf } from '@sheaf/inference';
import { sampleModels } from '@sheaf/onnx/testing';
import { ask, type Files, startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
import { type ReceivedSpan, startOtlpReceiver } from '../support/otlp-receiver.ts';

const files = {
  'models/double': sampleModels.scale(2),
  'pipelines/fails.yaml': `pipeline: fails
inputs: { x: { datatype: FP32, shape: [rows, 2] } }
stages:
  well: { model: double, inputs: { x: x } }
  ill: { transform: ./ill.ts, inputs: { x: well.y } }
outputs: { y: ill.y }
`,
  'ill.ts': `import { defineTransform } from '@sheaf/inference';
const row = { datatype: 'FP32', shape: ['n', 2] } as const;
export default defineTransform({ inputs: { x: row }, outputs: { y: row }, uses: ['double'] }, async ({ x }, context) => {
  const { y } = await context.infer('double', { x: { datatype: 'FP32', ...x } });
  if (y.datatype !== 'FP32' || y.data[0] < 0) throw new Error('below 0');
  return { y };
});
`,
};
const x = (value: number) => [tensorOf('x', 'FP32', [1, 2], Float32Array.of(value, 1))];
const loops = (count: bigint) => [tensorOf('x', 'INT64', [], BigInt64Array.of(count))];

/** What a collector has of a mesh that samples nothing. */
async function spansOf(
  work: (mesh: TestMesh) => Promise<void>,
  more: Record<string, string> = {},
  served: Files = files,
) {
  using receiver = await startOtlpReceiver();
  const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, OTEL_TRACES_SAMPLER: 'always_off', ...more };
  Object.assign(process.env, variables);
  try {
    await using mesh = await startTestMesh(served);
    await work(mesh);
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
  }
  return receiver.spans;
}

/** The names down to a span, from the call on. */
function waysIn(spans: readonly ReceivedSpan[]): Set<string> {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const wayTo = (span: ReceivedSpan): string => {
    const parent = byId.get(span.parentId);
    return parent ? `${wayTo(parent)} > ${span.name}` : span.name;
  };
  return new Set(spans.map(wayTo));
}

const ofModel = (service: string): string[] =>
  ['', ` > queue ${service}/1`, ` > run ${service}/1`].map((last) => `try ${service} > ${service} ModelInfer${last}`);

describe('a call that failed, of a mesh that samples nothing', () => {
  it('is traced as a whole: what went well before, what failed, and what a transform asked by the gateway', async () => {
    const spans = await spansOf(async ({ gateway }) => {
      for (let call = 0; call < 20; call++) await ask(gateway, 'fails', x(1));
      await assert.rejects(ask(gateway, 'fails', x(-1)), { code: 'INTERNAL' });
    });
    assert.equal(new Set(spans.map(({ traceId }) => traceId)).size, 1);
    const [root, ...others] = spans.filter(({ attributes }) => attributes['sheaf.kept'] !== undefined);
    assert.deepEqual([root?.name, root?.attributes['sheaf.kept'], others], ['gateway ModelInfer', 'failed', []]);
    const ways = waysIn(spans);
    const inner = 'gateway ModelInfer > stage ill > try ill > ill ModelInfer';
    const wanted = [
      ...ofModel('double').map((way) => `gateway ModelInfer > stage well > ${way}`),
      ...ofModel('double').map((way) => `${inner} > run ill/1 > try gateway > gateway ModelInfer > ${way}`),
    ];
    for (const way of wanted) assert.ok(ways.has(way), `${way} in\n${[...ways].join('\n')}`);
    assert.ok([...ways].every((way) => way.startsWith('gateway ModelInfer')));
  });

  it('is traced with what its services still did when its time was up', async () => {
    const served = {
      'models/slow': sampleModels.slowLoop(),
      'mesh.yaml': 'limits: { deadlineDefaultMs: 700, deadlineMaxMs: 700 }\n',
    };
    const work = async ({ gateway }: TestMesh): Promise<void> => {
      await ask(gateway, 'slow', loops(1n));
      // The caller gives it more than the mesh does: its own clock does not end the call.
      await assert.rejects(ask(gateway, 'slow', loops(3_000_000n)), { code: 'DEADLINE_EXCEEDED' });
    };
    const spans = await spansOf(work, {}, served);
    assert.equal(new Set(spans.map(({ traceId }) => traceId)).size, 1);
    const ways = waysIn(spans);
    for (const way of ofModel('slow').slice(0, 2))
      assert.ok(ways.has(`gateway ModelInfer > ${way}`), [...ways].join('\n'));
  });

  it('is not traced where that is switched off, and so many are a second at most', async () => {
    const flood = async ({ gateway }: TestMesh): Promise<void> => {
      const failing = Array.from({ length: 100 }, () => ask(gateway, 'fails', x(-1)).catch(() => {}));
      await Promise.all(failing);
    };
    assert.deepEqual(await spansOf(flood, { SHEAF_KEPT_TRACES: '0' }), []);
    let seconds = 0;
    const spans = await spansOf(
      async (mesh) => {
        const startedAt = performance.now();
        await flood(mesh);
        seconds = (performance.now() - startedAt) / 1000;
      },
      { SHEAF_KEPT_TRACES: '3' },
    );
    const kept = spans.filter(({ attributes }) => attributes['sheaf.kept'] === 'failed').length;
    assert.ok(kept >= 3 && kept <= 3 + 3 * seconds, `${kept} in ${seconds} s`);
  });
});
