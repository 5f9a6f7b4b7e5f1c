import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { graphMistakes } from '../testing/graph-mistakes.ts';
import { base, signatures, stage } from '../testing/mistake-documents.ts';
import { ruleMistakes } from '../testing/rule-mistakes.ts';
import { mistakes } from '../testing/test-pipeline.ts';

describe('a pipeline with a mistake', () => {
  for (const [name, document, want, others] of [...graphMistakes, ...ruleMistakes]) {
    it(`is refused at load: ${name}`, () => {
      const got = mistakes(document, { signatures, ...(others ? { others } : {}) });
      // A path of a thousand steps says no more than its last sentence.
      const shown = name.includes('thousand') ? got.map((line) => line.slice(line.lastIndexOf(': ') + 2)) : got;
      assert.deepEqual(name.includes('thousand') ? [...new Set(shown)] : shown, want);
    });
  }

  it('names that every object is born with are names like others', () => {
    const odd = ['constructor', 'toString', 'hasOwnProperty', 'valueOf'];
    for (const name of odd) {
      const document = {
        ...base,
        inputs: { [name]: { datatype: 'FP32', shape: ['rows', 4] } },
        context: { [name]: { parameter: name, default: 'x' } },
        stages: { [`${name}1`]: { model: 'net', inputs: { x: name } } },
        outputs: { [name]: `${name}1.p` },
        rules: { after: [{ name, label: { [name]: true } }] },
      };
      assert.deepEqual(mistakes(document, { signatures }), []);
    }
    const missing = { ...base, stages: { s: { model: 'net', inputs: { x: 'toString.p' } } } };
    assert.deepEqual(mistakes(missing, { signatures }), [
      'stages.s.inputs.x: there is no stage "toString"; the stages are s',
    ]);
    assert.deepEqual(mistakes(stage({ model: 'constructor' }), { signatures }), [
      'stages.s.model: there is no model "constructor"',
    ]);
  });
});
