import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePbtxt } from './pbtxt.ts';
import { otherBackend, settingsOf } from './triton-settings.ts';

const config = `
name: "digits"   # as its folder
backend: 'onnxruntime'
max_batch_size: 32
input [ { name: "x" data_type: TYPE_FP32 dims: [ 3, -1 ] } ]
output { name: "y", data_type: TYPE_FP32; dims: 10 }
instance_group [ { count: 2 kind: KIND_CPU }, { kind: KIND_GPU gpus: [0] } ]
dynamic_batching <
  preferred_batch_size: [ 8, 16 ]
  max_queue_delay_microseconds: 1500
  preserve_ordering: true
>
parameters { key: "intra_op_thread_count" value { string_value: "4" } }
parameters { key: "other" value: { string_value: "1" } }
sequence_batching { }
`;

describe('config.pbtxt', () => {
  it('is read as protobuf has its text form', () => {
    const read = parsePbtxt(config);
    assert.deepEqual(read.get('name'), ['digits']);
    assert.deepEqual(read.get('instance_group')?.length, 2);
    const [input] = read.get('input') ?? [];
    assert.ok(input instanceof Map);
    assert.deepEqual(input.get('dims'), [3, -1]);
    assert.deepEqual(parsePbtxt('a: "x" "y"\nb: -1.5e3 c: false d: 0x10').get('a'), ['xy']);
  });

  it('becomes model.yaml as far as there is a like, and all else is told', () => {
    const { settings, left } = settingsOf(parsePbtxt(config));
    assert.deepEqual(settings, {
      batching: { maxRows: 32, maxQueueDelayMs: 2, preferredRows: [8, 16] },
      instances: 3,
      intraOpThreads: 4,
    });
    assert.equal(left.length, 4);
    for (const word of ['KIND_GPU', 'preserve_ordering', '"other"', 'sequence_batching'])
      assert.ok(
        left.some((line) => line.includes(word)),
        word,
      );
  });

  it('of another backend or an ensemble is none of ours', () => {
    assert.equal(otherBackend(parsePbtxt('platform: "onnxruntime_onnx"')), undefined);
    assert.match(otherBackend(parsePbtxt('backend: "python"')) ?? '', /python/);
    assert.match(otherBackend(parsePbtxt('platform: "ensemble"')) ?? '', /ensemble/);
  });

  it('that is broken is told with its line', () => {
    const cases: readonly (readonly [string, RegExp])[] = [
      ['a: 1\nb {', /want the name of a field, got the end/],
      ['a: 1\n: 2', /^line 2: want the name of a field, got ":"/],
      ['a "x"', /^line 1: want a value/],
      ['a: $', /^line 1: want a field/],
      [`a ${'{ a '.repeat(40)}`, /at most 32 messages in one another/],
    ];
    for (const [text, message] of cases) assert.throws(() => parsePbtxt(text), { message });
  });
});
