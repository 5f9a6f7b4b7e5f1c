import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TensorSpec } from '@sheaf/inference';
import { ShapesSeen } from './shapes-seen.ts';

const rows: TensorSpec = { name: 'x', datatype: 'FP32', shape: [-1, 2], symbols: ['n', ''] };

describe('the shapes of outputs', () => {
  const corrected = (
    declared: Omit<TensorSpec, 'name' | 'datatype'>,
    seen: readonly (readonly number[])[],
    inputs = [rows],
  ) => {
    const shapes = new ShapesSeen();
    for (const shape of seen) shapes.add([{ name: 'y', datatype: 'FP32', shape, memory: new ArrayBuffer(0) }]);
    const { outputs } = shapes.correct({ inputs, outputs: [{ name: 'y', datatype: 'FP32', ...declared }] });
    return [outputs[0]?.shape, outputs[0]?.symbols];
  };

  it('stay as they are declared where that is true, and where nothing was seen', () => {
    const declared = { shape: [-1, 3], symbols: ['n', ''] };
    assert.deepEqual(
      corrected(declared, [
        [1, 3],
        [5, 3],
      ]),
      [
        [-1, 3],
        ['n', ''],
      ],
    );
    assert.deepEqual(corrected(declared, []), [
      [-1, 3],
      ['n', ''],
    ]);
  });

  it('are what was seen where it is not, and -1 where that varies', () => {
    assert.deepEqual(corrected({ shape: [1] }, [[1], [2], [3]]), [[-1], undefined]);
    assert.deepEqual(
      corrected({ shape: [-1, 3] }, [
        [1, 4],
        [2, 4],
      ]),
      [[-1, 4], undefined],
    );
    assert.deepEqual(
      corrected({ shape: [1] }, [
        [1, 4],
        [2, 4],
      ]),
      [[-1, 4], undefined],
    );
  });

  it('are open where one sight tells nothing, since an input is', () => {
    assert.deepEqual(corrected({ shape: [3] }, [[4]]), [[-1], undefined]);
    assert.deepEqual(corrected({ shape: [3] }, [[4]], [{ ...rows, shape: [1, 2] }]), [[4], undefined]);
  });

  it('stay as they are declared where there are several ranks', () => {
    assert.deepEqual(corrected({ shape: [3] }, [[4], [4, 1]]), [[3], undefined]);
  });
});
