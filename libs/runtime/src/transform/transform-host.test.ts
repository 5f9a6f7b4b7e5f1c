import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { tensorOf } from '@sheaf/inference';
import { openTransform } from '../open-transform.ts';
import type { ServedVersion } from '../served-version.ts';
import { contextOf } from '../testing/scheduler-fixture.ts';
import { describeTransform } from './describe-transform.ts';
import { residentBytes } from './transform-host.ts';
import type { TransformPlace } from './transform-rights.ts';

/**
 * Ends its process for 1, fails outside of its call for 2, asks past its declaration for 3, sends what is no message for 4 and its number, asks with
 * more than it may for 7, writes rubbish for 8 and its number, answers what it has been sent else.
 */
const source = `import { defineTransform } from '@sheaf/inference';
import { writeSync } from 'node:fs';
const x = { datatype: 'FP32', shape: ['n'] };
const send = (message) => {
  const head = Buffer.from(JSON.stringify({ memories: [], message }));
  const prefix = Buffer.alloc(10);
  prefix.writeUInt32LE(head.length);
  writeSync(3, Buffer.concat([prefix, head]));
};
export default defineTransform({ inputs: { x }, outputs: { x }, uses: ['known'] }, async ({ x }, { infer }) => {
  if (x.data[0] === 1) process.exit(3);
  if (x.data[0] === 2) {
    setImmediate(() => { throw new Error('later'); });
    await new Promise(() => {});
  }
  if (x.data[0] === 3) {
    // Whichever numbers this task and its question have: the answer to the forged one is taken for that to the question.
    for (let id = 1; id < 9; id++)
      for (const asks of [1, 2]) send({ id, asks, model: 'secret', inputs: [], outputs: [] });
    const code = await infer('known', {}).then(() => 'none', (error) => error.code);
    return { x: { shape: [1], data: Float32Array.of(code === 'FAILED_PRECONDITION' ? 9 : 0) } };
  }
  if (x.data[0] === 4) {
    for (let id = 1; id < 99; id++) send(wrong[x.data[1]](id));
    await new Promise(() => {});
  }
  if (x.data[0] === 7) await infer('known', { x: { datatype: 'FP32', shape: [2 ** 22 + 1], data: new Float32Array(2 ** 22 + 1) } });
  if (x.data[0] === 8) {
    for (let fd = 3; fd < 64; fd++)
      try { writeSync(fd, rubbish[x.data[1]]); } catch {}
    await new Promise(() => {});
  }
  return { x };
});
const wrong = [
  () => 7,
  () => null,
  () => ({ kind: 'progress' }),
  () => ({ failed: null }),
  () => ({ failed: { code: 'toString', message: 'it' } }),
  (id) => ({ id, ok: false }),
  (id) => ({ id, ok: true, ms: 1, result: [null] }),
  (id) => ({ id, ok: true, ms: 1, result: [{ name: 'x', datatype: 'FP32', shape: [], memory: 0 }] }),
  (id) => ({ id, ok: true, ms: 'soon', result: [] }),
  (id) => ({ id, asks: 7, model: 'known', inputs: 5, outputs: [] }),
];
const rubbish = [
  new Uint8Array(4096).fill(255),
  new Uint8Array(4096),
  Buffer.concat([Buffer.from('0a000000000000000000', 'hex'), Buffer.from('no JSON, but ten bytes')]),
  // As Node's own channel between processes frames what it serializes.
  Uint8Array.of(0, 0, 0, 12, ...new Uint8Array(12).fill(255)),
];
`;
/** How much of each there is. */
const wrongMessages = 10;
const kindsOfRubbish = 4;

describe('a transform in a process of its own', () => {
  let place: TransformPlace;
  let served: ServedVersion;
  let beforeBytes = 0;
  const asked: string[] = [];
  const ask = async (value: number, rows = 1): Promise<Uint8Array | undefined> => {
    return askWith(new Float32Array(rows).fill(value));
  };
  const askWith = async (values: Float32Array<ArrayBuffer>): Promise<Uint8Array | undefined> => {
    const inputs = [tensorOf('x', 'FP32', [values.length], values)];
    const request = { model: 't', version: '', id: '', parameters: new Map(), inputs, outputs: [] };
    return (await served.infer(request, contextOf())).outputs[0]?.data;
  };
  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sheaf-transform-'));
    const file = join(folder, 't.mjs');
    await writeFile(file, source);
    place = { name: 't', file, folder, withheld: [], service: 't', rights: {}, env: [], withheldEnv: [] };
    const { signature } = await describeTransform(place);
    beforeBytes = residentBytes();
    served = await openTransform({
      ...place,
      signature,
      runLimitMs: 60_000,
      outputBytesMax: 2 ** 24,
      uses: ['known'],
      infer: async ({ model }) => {
        asked.push(model);
        return { model, version: '', parameters: new Map(), outputs: [] };
      },
    });
  });
  after(async () => {
    await served.close();
    await rm(place.folder, { recursive: true });
  });

  it('answers as it would in a thread, however much', async () => {
    const answer = await ask(5, 2 ** 20);
    assert.equal(answer?.byteLength, 2 ** 22);
    assert.deepEqual(answer?.subarray(-4), new Uint8Array(Float32Array.of(5).buffer));
  });

  it('is counted in what its service takes', { skip: process.platform !== 'linux' }, () => {
    assert.ok(residentBytes() - beforeBytes > 20 * 2 ** 20, `${beforeBytes} and then ${residentBytes()}`);
  });

  it('is told that it sends too much, and goes on', async () => {
    const message = 'tensors of 16777220 bytes; at most 16777216 go to or from a transform at once';
    await assert.rejects(ask(7), { code: 'RESOURCE_EXHAUSTED', message });
    assert.deepEqual(await ask(6), new Uint8Array(Float32Array.of(6).buffer));
  });

  it('asks nobody that it does not declare, whatever it sends', async () => {
    assert.deepEqual(await ask(3), new Uint8Array(Float32Array.of(9).buffer));
    assert.deepEqual(asked, ['known']);
  });

  it('is started again when it ends by itself, after a sentence to whom it ran for', async () => {
    await assert.rejects(ask(1), { code: 'INTERNAL', message: 'transform t: its process ended' });
    assert.deepEqual(await ask(5), new Uint8Array(Float32Array.of(5).buffer));
    await assert.rejects(ask(2), { code: 'INTERNAL', message: 'transform t threw an error' });
    assert.deepEqual(await ask(6), new Uint8Array(Float32Array.of(6).buffer));
  });

  for (let number = 0; number < wrongMessages; number++)
    it(`is ended, and nothing else is, when it sends what is no message (${number})`, async () => {
      const message = 'transform t sent its service a message that is none';
      await assert.rejects(askWith(Float32Array.of(4, number)), { code: 'INTERNAL', message });
      assert.deepEqual(await ask(6), new Uint8Array(Float32Array.of(6).buffer));
    });

  for (let number = 0; number < kindsOfRubbish; number++)
    it(`is ended, and nothing else is, when it writes rubbish into whatever is open in it (${number})`, async () => {
      await assert.rejects(askWith(Float32Array.of(8, number)), { code: 'INTERNAL', message: /^transform t/ });
      assert.deepEqual(await ask(6), new Uint8Array(Float32Array.of(6).buffer));
    });

  it('is not opened when it cannot be loaded where it runs, although it could where it was read', async () => {
    const licence = join(place.folder, 'licence.txt');
    const file = join(place.folder, 'licensed.mjs');
    await writeFile(licence, 'yes');
    await writeFile(
      file,
      `import { readFileSync } from 'node:fs';
import { defineTransform } from '@sheaf/inference';
try {
  readFileSync(new URL('./licence.txt', import.meta.url));
} catch {
  throw new Error('the licence is gone');
}
const x = { datatype: 'FP32', shape: ['n'] };
export default defineTransform({ inputs: { x }, outputs: { x } }, ({ x }) => ({ x }));
`,
    );
    const { signature } = await describeTransform({ ...place, file });
    await rm(licence);
    const options = { ...place, file, signature, runLimitMs: 60_000, outputBytesMax: 2 ** 24, uses: [] };
    await assert.rejects(openTransform(options), {
      code: 'FAILED_PRECONDITION',
      message: 'transform t cannot be loaded: Error: the licence is gone',
    });
  });

  it('cannot be loaded when it sends what it does not declare', async () => {
    for (const sent of [
      '7',
      '{"failed":null}',
      '{"inputs":{"x":null},"outputs":{},"uses":[],"pure":true}',
      undefined,
    ]) {
      const file = join(place.folder, 'sends.mjs');
      const head = `{"memories":[],"message":${sent}}`;
      const prefix = `String.fromCharCode(${sent ? head.length : 0},0,0,0,0,0,0,0,0,0)`;
      await writeFile(
        file,
        `import { writeSync } from 'node:fs';\nwriteSync(3, ${prefix} + ${JSON.stringify(head)});\n`,
      );
      await assert.rejects(describeTransform({ ...place, file }), { code: 'FAILED_PRECONDITION' });
    }
  });
});
