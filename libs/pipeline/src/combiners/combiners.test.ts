import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Datatype,
  type Elements,
  elements,
  packBytes,
  type Tensor,
  tensorOf,
  tensorOfNumbers,
  unpackBytes,
} from '@sheaf/inference';
import fc from 'fast-check';
import { alignLabels } from './align.ts';
import type { Combine, CombinerBase, ComputingCombiner, Vote } from './combiner.ts';
import { combinerKinds, combinerOf } from './index.ts';
import { floats } from './numbers.ts';

/** All that compute their answer by themselves. */
const kinds = combinerKinds.flatMap((kind) => (kind === 'stack' ? [] : [kind]));
type Kind = (typeof kinds)[number];
const computing = (kind: Kind) => combinerOf({ kind, output: 'p', labels: undefined }) as ComputingCombiner;
const createCombiner = (spec: CombinerBase & { readonly kind: Kind }, members: number): Combine =>
  computing(spec.kind).create(spec, members);

const rows = 2;
const classes = 3;
const tensor = (values: readonly number[]): Tensor => tensorOf('p', 'FP32', [rows, classes], Float32Array.from(values));

interface Case {
  readonly values: readonly number[];
  readonly weight: number;
}

const member = fc.record({
  values: fc.array(fc.float({ noNaN: true, min: 0, max: 1 }), { minLength: rows * classes, maxLength: rows * classes }),
  weight: fc.integer({ min: 1, max: 9 }).map((tenths) => tenths / 10),
});
const members = fc.array(member, { minLength: 1, maxLength: 7 });

const votesOf = (all: readonly Case[]): Vote[] =>
  all.map(({ values, weight }, index) => ({ index, weight, tensor: tensor(values) }));
const combine = (kind: Kind, all: readonly Case[]) =>
  createCombiner({ kind, output: 'p', labels: undefined }, all.length)(votesOf(all));
const numbers = (tensors: readonly Tensor[], name: string): number[] => {
  const found = tensors.find((candidate) => candidate.name === name) as Tensor;
  return Array.from(elements({ ...found, datatype: found.datatype as 'FP32' }), Number);
};
/** The same numbers in another datatype. */
const as = (datatype: keyof Elements, own: Tensor): Tensor =>
  tensorOfNumbers(own.name, datatype, own.shape, Float64Array.from(floats(own)));
const close = (got: readonly number[], want: readonly number[]): void => {
  assert.equal(got.length, want.length);
  for (const [index, value] of want.entries()) {
    const by = Math.abs((got[index] ?? Number.NaN) - value);
    assert.ok(by <= 1e-6 * Math.max(1, Math.abs(value)), `[${index}]: want ${value}, got ${got[index]}`);
  }
};

/** What each combiner means, written down plainly in float64: what `values`, with `weights`, come to in one place. */
const plain: Readonly<
  Record<'mean' | 'weighted-mean' | 'median' | 'max', (values: number[], weights: number[]) => number>
> = {
  mean: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  'weighted-mean': (values, weights) =>
    values.reduce((sum, value, index) => sum + value * (weights[index] ?? 0), 0) /
    weights.reduce((sum, w) => sum + w, 0),
  median: (values) => {
    const sorted = values.toSorted((a, b) => a - b);
    return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;
  },
  max: (values) => Math.max(...values),
};
const inPlaces = (all: readonly Case[], compute: (values: number[], weights: number[]) => number): number[] =>
  Array.from({ length: rows * classes }, (_, place) =>
    compute(
      all.map(({ values }) => Math.fround(values[place] ?? 0)),
      all.map(({ weight }) => weight),
    ),
  );

describe('every combiner', () => {
  for (const kind of kinds) {
    it(`${kind} of one member is that member, whatever its weight`, () => {
      fc.assert(
        fc.property(member, (one) => {
          const answer = combine(kind, [one]);
          const own = answer.find(({ name }) => name === 'p');
          if (kind !== 'hard-vote') assert.deepEqual(own?.data, tensor(one.values).data);
          const label = (of: Kind) => numbers(combine(of, [one]), 'label');
          if (kind === 'hard-vote') assert.deepEqual(label('hard-vote'), label('soft-vote'));
        }),
      );
    });

    it(`${kind} answers no rows with no rows`, () => {
      const none = tensorOf('p', 'FP32', [0, 10], new Float32Array());
      const votes = [0, 1].map((index) => ({ index, weight: 1, tensor: none }));
      const answers = createCombiner({ kind, output: 'p', labels: undefined }, 2)(votes);
      assert.ok(answers.length > 0);
      for (const { shape, data } of answers) assert.deepEqual([shape[0], data.byteLength], [0, 0]);
    });
  }

  for (const kind of kinds.filter((one) => one !== 'hard-vote' && one !== 'first'))
    for (const datatype of ['FP16', 'BF16'] as const)
      it(`${kind} of ${datatype} is that of the same numbers as FP64, rounded once`, () => {
        const over = (all: readonly Vote[]) =>
          createCombiner({ kind, output: 'p', labels: undefined }, all.length)(all);
        fc.assert(
          fc.property(members, (all) => {
            const halves = votesOf(all).map((vote) => ({ ...vote, tensor: as(datatype, vote.tensor) }));
            const doubles = halves.map((vote) => ({ ...vote, tensor: as('FP64', vote.tensor) }));
            assert.deepEqual(
              over(halves),
              over(doubles).map((own) => (own.name === 'p' ? as(datatype, own) : own)),
            );
          }),
        );
        const [one] = votesOf([{ values: [1, 0.1, 3e-5, 0.3, -0, 65_504], weight: 3 }]) as [Vote];
        const half = as(datatype, one.tensor);
        assert.deepEqual(over([{ ...one, tensor: half }]).find(({ name }) => name === 'p')?.data, half.data);
      });

  for (const [kind, compute] of Object.entries(plain)) {
    it(`${kind} is what the plain reference says`, () => {
      fc.assert(fc.property(members, (all) => close(numbers(combine(kind as Kind, all), 'p'), inPlaces(all, compute))));
    });
  }
});

describe('votes', () => {
  const labelsOf = (mean: readonly number[]): number[] =>
    Array.from({ length: rows }, (_, row) => {
      const own = mean.slice(row * classes, (row + 1) * classes);
      return own.indexOf(Math.max(...own));
    });

  it('soft-vote takes the likeliest class of the weighted mean, and says how likely', () => {
    fc.assert(
      fc.property(members, (all) => {
        const mean = inPlaces(all, plain['weighted-mean']);
        const answer = combine('soft-vote', all);
        close(numbers(answer, 'p'), mean);
        const label = numbers(answer, 'label');
        // Where two classes are as good as equal, either is right.
        for (const [row, own] of labelsOf(mean).entries())
          close([mean[row * classes + (label[row] ?? 0)] ?? 0], [mean[row * classes + own] ?? 0]);
        close(
          numbers(answer, 'score'),
          label.map((own, row) => mean[row * classes + own] ?? 0),
        );
      }),
    );
  });

  it('hard-vote gives each row to the class with most weight, ties to the lower', () => {
    fc.assert(
      fc.property(members, (all) => {
        const answer = combine('hard-vote', all);
        const total = all.reduce((sum, { weight }) => sum + weight, 0);
        for (let row = 0; row < rows; row++) {
          const shares = new Array<number>(classes).fill(0);
          for (const { values, weight } of all) {
            const label = labelsOf(values.map(Math.fround))[row] ?? 0;
            shares[label] = (shares[label] ?? 0) + weight;
          }
          const label = numbers(answer, 'label')[row] ?? 0;
          close([(shares[label] ?? 0) / total], [Math.max(...shares) / total]);
          close([numbers(answer, 'score')[row] ?? 0], [Math.max(...shares) / total]);
        }
      }),
    );
    const labels = (...values: bigint[]) => tensorOf('p', 'INT64', [2], BigInt64Array.from(values));
    const said = [labels(4n, 9n), labels(4n, 2n), labels(7n, 5n)];
    const answer = createCombiner(
      { kind: 'hard-vote', output: 'p', labels: undefined },
      3,
    )(said.map((own, index) => ({ index, weight: 1, tensor: own })));
    assert.deepEqual(numbers(answer, 'label'), [4, 2]);
    assert.deepEqual(numbers(answer, 'votes'), [4, 4, 7, 9, 2, 5]);
  });

  const said = (weights: readonly number[], ...tensors: readonly Tensor[]) =>
    tensors.map((own, index) => ({ index, weight: weights[index] ?? 1, tensor: own }));
  const vote = (members: number, votes: readonly Vote[]) =>
    createCombiner({ kind: 'hard-vote', output: 'p', labels: undefined }, members)(votes);
  const told = (tensors: readonly Tensor[], name: string): unknown[] => {
    const found = tensors.find((candidate) => candidate.name === name) as Tensor;
    return found.datatype === 'BYTES' ? unpackBytes(found.data).map(String) : numbers(tensors, name);
  };

  it('are held over texts: the label is a text, ties go to the one whose bytes come first', () => {
    const texts = (...values: string[]) => tensorOf('p', 'BYTES', [3], packBytes(values));
    const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
    const answer = vote(4, said([1, 1, 1.5], texts('spam', 'é', ''), texts('ham', 'é', 'b'), texts('spam', 'z', 'c')));
    const [label, , votes] = answer as [Tensor, Tensor, Tensor];
    assert.deepEqual(
      [label.datatype, label.shape, unpackBytes(label.data).map(text)],
      ['BYTES', [3], ['spam', 'é', 'c']],
    );
    close(told(answer, 'score') as number[], [2.5 / 3.5, 2 / 3.5, 1.5 / 3.5].map(Math.fround));
    assert.deepEqual(
      [votes.datatype, votes.shape, unpackBytes(votes.data).map(text)],
      ['BYTES', [3, 4], ['spam', 'ham', 'spam', '', 'é', 'é', 'z', '', '', 'b', 'c', '']],
    );
    const tied = vote(2, said([], texts('b', 'ab', 'é'), texts('a', 'abc', 'z'))) as [Tensor];
    assert.deepEqual(unpackBytes(tied[0].data).map(text), ['a', 'ab', 'z']);
  });

  for (const datatype of ['BOOL', 'INT8', 'UINT8', 'INT16', 'UINT16', 'INT32', 'UINT32', 'INT64'] as const)
    it(`are held over labels of ${datatype}, which the label is of too`, () => {
      const labels = (...values: number[]) => tensorOfNumbers('p', datatype, [2], values);
      const answer = vote(4, said([], labels(1, 0), labels(1, 1), labels(0, 1)));
      const [label, , votes] = answer as [Tensor, Tensor, Tensor];
      assert.deepEqual([label.datatype, told(answer, 'label')], [datatype, [1, 1]]);
      assert.deepEqual([votes.datatype, told(answer, 'votes')], ['INT64', [1, 1, 0, -1, 0, 1, 1, -1]]);
    });

  it('give what the type-check says that they do, for every datatype', () => {
    const dims = [
      { size: 2, name: '' },
      { size: 3, name: '' },
    ];
    for (const datatype of ['BYTES', 'BOOL', 'UINT8', 'INT32', 'INT64', 'FP16', 'BF16', 'FP32', 'FP64'] as Datatype[])
      for (const kind of ['hard-vote', 'soft-vote', 'mean'] as const) {
        const types = computing(kind).outputs(
          { kind, output: 'p', labels: undefined },
          { datatype, dims, maybeAbsent: false },
          1,
        );
        if (typeof types === 'string') continue;
        const data =
          datatype === 'BYTES'
            ? packBytes(Array(6).fill('a'))
            : tensorOfNumbers('p', datatype as keyof Elements, [6], Array(6).fill(1)).data;
        const own = { name: 'p', datatype, shape: [2, 3], data };
        const made = createCombiner(
          { kind, output: 'p', labels: undefined },
          1,
        )([{ index: 0, weight: 1, tensor: own }]);
        assert.deepEqual(
          made.map(({ name, datatype: got, shape }) => [name, got, shape]),
          [...types].map(([name, type]) => [name, type.datatype, type.dims.map(({ size }) => size)]),
          `${kind} of ${datatype}`,
        );
      }
  });

  it('tell -1 for a member that did not answer', () => {
    const [first] = votesOf([{ values: [1, 0, 0, 0, 1, 0], weight: 1 }]) as [Vote];
    const answer = createCombiner({ kind: 'soft-vote', output: 'p', labels: undefined }, 3)([{ ...first, index: 1 }]);
    assert.deepEqual(numbers(answer, 'votes'), [-1, 0, -1, -1, 1, -1]);
  });
});

describe('labels', () => {
  it('bring the classes of a member into the order of the ensemble', () => {
    const align = alignLabels(['dog', 'cat', 'eel'], ['cat', 'dog', 'eel']);
    assert.deepEqual(
      numbers([align(tensor([0.1, 0.2, 0.7, 0.5, 0.4, 0.1]))], 'p'),
      [0.2, 0.1, 0.7, 0.4, 0.5, 0.1].map(Math.fround),
    );
    for (const datatype of ['INT64', 'INT32', 'UINT8'] as const) {
      const labels = align(tensorOfNumbers('p', datatype, [3], [0, 1, 2]));
      assert.deepEqual([labels.datatype, numbers([labels], 'p')], [datatype, [1, 0, 2]]);
    }
    const half = align(tensorOf('p', 'FP16', [1, 3], Uint16Array.of(0x2e66, 0x3266, 0x399a)));
    assert.deepEqual([...elements({ ...half, datatype: 'FP16' as const })], [0x3266, 0x2e66, 0x399a]);
  });

  it('refuse what is none of the classes', () => {
    const align = alignLabels(['dog', 'cat'], ['cat', 'dog']);
    assert.throws(() => align(tensorOf('p', 'INT64', [1], BigInt64Array.of(2n))), /class 2; its labels name 2 classes/);
    assert.throws(() => align(tensor([1, 2, 3, 4, 5, 6])), /3 classes; its labels name 2 classes/);
  });
});
