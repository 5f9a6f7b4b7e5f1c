import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultLimits, type Limits, type TensorSpec } from '@sheaf/inference';
import type { Mesh, Model } from '../mesh.ts';
import { formatProblem, type MeshProblem } from '../problem.ts';
import { fitLimits, followLimits } from './fit-limits.ts';

const tensor = (name: string, shape: readonly number[] = [-1]): TensorSpec => ({ name, datatype: 'FP32', shape });
const tensors = (count: number): TensorSpec[] => Array.from({ length: count }, (_, index) => tensor(`t${index}`));

interface Wanted {
  readonly inputs?: readonly TensorSpec[];
  readonly outputs?: readonly TensorSpec[];
  readonly runLimitMs?: number;
}

function fit(given: Partial<Limits>, { inputs = [], outputs = [], runLimitMs = 10_000 }: Wanted = {}) {
  const problems: MeshProblem[] = [];
  const notes: MeshProblem[] = [];
  const place = (key: string, message: string) => ({ file: 'mesh.yaml', line: 1, path: `limits.${key}`, message });
  const versions = [{ version: '1', file: '', signature: { inputs, outputs }, rows: 'none' }];
  const models = [{ name: 'm', versions, runLimitMs }] as unknown as readonly Model[];
  const mesh: Pick<Mesh, 'models' | 'transforms' | 'pipelines'> = { models, transforms: [], pipelines: [] };
  const limits = fitLimits({ given, place }, mesh, problems, notes);
  return { limits, problems: problems.map(formatProblem), notes: notes.map(formatProblem) };
}

describe('limits that are not set', () => {
  it('are the defaults where the models need no more', () => {
    const { limits, problems, notes } = fit({}, { inputs: tensors(64), outputs: tensors(64) });
    assert.deepEqual({ limits, problems, notes }, { limits: defaultLimits, problems: [], notes: [] });
  });

  it('follow what the models need', () => {
    const { limits, problems } = fit(
      {},
      { inputs: [...tensors(64), tensor('n'.repeat(129))], outputs: [...tensors(300), tensor('y', Array(17).fill(1))] },
    );
    const { inputsMax, outputsMax, nameCharsMax, rankMax } = limits;
    assert.deepEqual([inputsMax, outputsMax, nameCharsMax, rankMax], [65, 301, 129, 17]);
    assert.deepEqual(problems, []);
  });

  it('follow one another: what is inside a mesh may be as large as what comes in, and hold as many elements', () => {
    const messageBytesMax = 2 ** 30;
    const { limits } = fit({ messageBytesMax });
    assert.deepEqual([limits.innerMessageBytesMax, limits.elementsMax], [messageBytesMax, messageBytesMax]);
    assert.equal(fit({ innerMessageBytesMax: 2 ** 31 }).limits.messageBytesMax, defaultLimits.messageBytesMax);
  });

  it('give messages a quarter of the memory, and room for one of the largest whatever that is', () => {
    const { limits } = fit({ innerMessageBytesMax: 2 ** 31 });
    assert.ok(limits.bytesInFlightMax >= 4 * 2 ** 31);
    assert.equal(fit({}).limits.bytesInFlightMax, defaultLimits.bytesInFlightMax);
  });

  it('give callers the time of the longest run', () => {
    assert.equal(fit({}, { runLimitMs: 600_000 }).limits.deadlineMaxMs, 600_000);
    assert.equal(fit({}, { runLimitMs: 1_000 }).limits.deadlineMaxMs, 60_000);
    assert.equal(fit({ deadlineDefaultMs: 120_000 }).limits.deadlineMaxMs, 120_000);
  });

  it('of a mesh that runs follow its models; what connections were opened with stays', () => {
    const { limits: next } = fit({ messageBytesMax: 2 ** 30 }, { inputs: tensors(100), runLimitMs: 600_000 });
    const { messageBytesMax, inputsMax, deadlineMaxMs } = followLimits(defaultLimits, next);
    assert.deepEqual([messageBytesMax, inputsMax, deadlineMaxMs], [defaultLimits.messageBytesMax, 100, 600_000]);
  });
});

describe('limits that are set', () => {
  it('are refused where a model needs more', () => {
    const follow = 'or no such line: then it follows the models';
    assert.deepEqual(
      fit(
        { inputsMax: 2, outputsMax: 1, nameCharsMax: 2, rankMax: 1, elementsMax: 3 },
        { inputs: tensors(3), outputs: [tensor('y', [2, 2]), tensor('z')] },
      ).problems,
      [
        `mesh.yaml:1: limits.inputsMax: model m/1 has 3 inputs; want 3 or more, ${follow}`,
        `mesh.yaml:1: limits.outputsMax: model m/1 has 2 outputs; want 2 or more, ${follow}`,
        `mesh.yaml:1: limits.rankMax: model m/1 has a tensor of 2 dimensions; want 2 or more, ${follow}`,
        `mesh.yaml:1: limits.elementsMax: model m/1 has a tensor of 4 elements; want 4 or more, ${follow}`,
      ],
    );
    assert.match(
      fit({ nameCharsMax: 1 }, { inputs: [tensor('ab')] }).problems[0] ?? '',
      /a name of 2 characters; want 2/,
    );
  });

  it('are refused where they contradict one another', () => {
    assert.deepEqual(fit({ messageBytesMax: 2_000, innerMessageBytesMax: 1_999 }).problems, [
      'mesh.yaml:1: limits.innerMessageBytesMax: want at least messageBytesMax, which is 2000',
    ]);
    const MiB = 2 ** 20;
    assert.deepEqual(fit({ messageBytesMax: 8 * MiB, bytesInFlightMax: 32 * MiB }).problems, []);
    assert.deepEqual(fit({ messageBytesMax: 8 * MiB, bytesInFlightMax: 32 * MiB - 1 }).problems, [
      'mesh.yaml:1: limits.bytesInFlightMax: want at least 33554432: a message of 8388608 bytes takes as much, with its copies and what is kept for others',
    ]);
    assert.deepEqual(fit({ deadlineDefaultMs: 500, deadlineMaxMs: 499 }).problems, [
      'mesh.yaml:1: limits.deadlineDefaultMs: want at most deadlineMaxMs, which is 499',
    ]);
  });

  it('are told of where runs may take longer than any caller waits, and where no caller can send what a model wants', () => {
    assert.deepEqual(fit({ deadlineMaxMs: 60_000 }, { runLimitMs: 60_001 }).notes, [
      'models/m/model.yaml: runLimitMs: a run may take 60001 ms, and limits.deadlineMaxMs in mesh.yaml gives a caller 60000 ms at most',
    ]);
    assert.deepEqual(fit({ deadlineMaxMs: 60_000 }, { runLimitMs: 60_000 }).notes, []);
    assert.deepEqual(fit({ deadlineMaxMs: 400 }).notes, []);
    assert.deepEqual(fit({ messageBytesMax: 2_000 }, { inputs: [tensor('x', [-1, 501])] }).notes, [
      'mesh.yaml:1: limits.messageBytesMax: the inputs of model m/1 take at least 2004 bytes, and callers may send 2000: none can ask for it',
    ]);
  });
});
