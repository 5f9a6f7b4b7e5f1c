/** What a caller says of a trace (W3C Trace Context and Baggage), on its way through a mesh to a server that is not ours. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Caller } from '../support/caller.ts';
import { type Files, startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { type StockServer, startStockServer } from '../support/stock-server.ts';

const row = '{ datatype: FP32, shape: [rows, 2] }';
const pipeline = (name: string, stage: string): string =>
  `pipeline: ${name}\ninputs: { x: ${row} }\nstages: { only: { ${stage}, inputs: { x: x } } }\noutputs: { y: only.y }\n`;
/** Asks the server by the gateway, in a process that has no headers of anybody. */
const asking = `import { defineTransform } from '@sheaf/inference';
const row = { datatype: 'FP32', shape: ['n', 2] } as const;
export default defineTransform({ inputs: { x: row }, outputs: { y: row }, uses: ['far'] }, async ({ x }, context) => {
  const { y } = await context.infer('far', { x: { datatype: 'FP32', ...x } });
  if (y.datatype !== 'FP32') throw new Error('not a float');
  return { y };
});
`;
const filesOf = (port: number): Files => ({
  'mesh.yaml': `services: { far: { models: [far], endpoint: 'localhost:${port}' } }\n`,
  'pipelines/stage.yaml': pipeline('stage', 'model: far'),
  'pipelines/asked.yaml': pipeline('asked', 'transform: ./ask.ts'),
  'ask.ts': asking,
});

const traceId = 'a'.repeat(32);
const given = {
  traceparent: `01-${traceId}-${'b'.repeat(16)}-01-later`,
  tracestate: 'shop=1, far@vendor=x',
  baggage: 'tier=gold;from=shop,user=alice,broken',
};

let server: StockServer;
let sent: Record<string, unknown> = {};
before(async () => {
  server = await startStockServer({
    metadata: {
      versions: ['1'],
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
    },
    onCall: (method, call) => {
      if (method === 'ModelInfer') sent = call.metadata.getMap();
    },
  });
});
after(() => server?.[Symbol.asyncDispose]());

/** What the server is sent when a name is asked for: the id of its trace, and the two others as they are. */
async function sentFor(caller: Caller, name: string, metadata: Record<string, string>): Promise<unknown[]> {
  sent = {};
  assert.equal((await caller.infer(name, metadata)).code, 'OK');
  const { traceparent, tracestate, baggage } = sent;
  return [String(traceparent).split('-')[1], tracestate, baggage];
}

describe('what a stranger says of a trace', () => {
  let mesh: TestMesh;
  let caller: Caller;
  before(async () => {
    const policies = 'identity: { anonymous: { tenant: everyone } }\ntrustCallersBaggage: [tier]\n';
    mesh = await startTestMesh({ ...filesOf(server.port), 'policies.yaml': policies });
    caller = new Caller(mesh.running.gateway.port);
  });
  after(async () => {
    caller?.[Symbol.dispose]();
    await mesh?.[Symbol.asyncDispose]();
  });

  for (const [name, way] of [
    ['far', 'alone'],
    ['stage', 'as a stage'],
    ['asked', 'by a transform that asks'],
  ] as const)
    it(`reaches a server that is asked ${way}: the trace, its state, and the baggage that policies name`, async () => {
      assert.deepEqual(await sentFor(caller, name, given), [traceId, 'shop=1,far@vendor=x', 'tier=gold;from=shop']);
    });

  it('is left out where it is malformed, each by itself', async () => {
    const { traceparent, ...others } = given;
    const [began, ...told] = await sentFor(caller, 'stage', others);
    assert.match(String(began), /^[0-9a-f]{32}$/);
    assert.deepEqual(told, [undefined, 'tier=gold;from=shop']);
    const wrong = { traceparent, tracestate: 'shop=1,shop=2', baggage: 'user=alice' };
    assert.deepEqual(await sentFor(caller, 'stage', wrong), [traceId, undefined, undefined]);
  });
});

describe('what somebody of this machine says of a trace', () => {
  it('reaches a server as a whole, and a collector', async () => {
    using receiver = await startOtlpReceiver();
    process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = receiver.endpoint;
    try {
      await using mesh = await startTestMesh(filesOf(server.port));
      using caller = new Caller(mesh.running.gateway.port);
      const whole = [traceId, 'shop=1,far@vendor=x', 'tier=gold;from=shop,user=alice'];
      assert.deepEqual(await sentFor(caller, 'asked', given), whole);
    } finally {
      delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
    }
    assert.ok(receiver.spans.some(({ service }) => service !== 'sheaf-gateway'));
    for (const { traceId: id, state } of receiver.spans)
      assert.deepEqual([id, state], [traceId, 'shop=1,far@vendor=x']);
  });
});

describe('OTEL_PROPAGATORS', () => {
  it('has callers and servers told of the trace by the headers that it names, and transforms between them by none', async () => {
    process.env['OTEL_PROPAGATORS'] = 'jaeger,b3';
    try {
      await using mesh = await startTestMesh(filesOf(server.port));
      using caller = new Caller(mesh.running.gateway.port);
      for (const name of ['far', 'asked']) {
        sent = {};
        const b3 = `${traceId}-${'b'.repeat(16)}-1`;
        const told = await caller.infer(name, {
          b3,
          traceparent: `00-${'1'.repeat(32)}-${'b'.repeat(16)}-01`,
          baggage: 'a=b',
        });
        assert.equal(told.code, 'OK');
        const { b3: single, 'uber-trace-id': uber, traceparent, baggage } = sent;
        assert.match(String(single), new RegExp(`^${traceId}-[0-9a-f]{16}-1$`));
        assert.match(String(uber), new RegExp(`^${traceId}:[0-9a-f]{16}:0:01$`));
        assert.deepEqual([traceparent, baggage], [undefined, undefined]);
      }
    } finally {
      delete process.env['OTEL_PROPAGATORS'];
    }
  });
});
