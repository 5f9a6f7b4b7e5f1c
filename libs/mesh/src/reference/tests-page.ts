/** The reference page of tests/*.yaml, made from the definitions that they are read by. */
import { fenced, fieldsTable, section } from '@sheaf/document';
import {
  expectFields,
  fakeFields,
  filledFields,
  goldenExpectFields,
  goldenTestFields,
  refusedFields,
  testFields,
  testFileFields,
} from '../language/tests-document.ts';

/** A whole file: read by the test of this page. */
export const testsExample = `
# yaml-language-server: $schema=../schemas/tests.schema.json
pipeline: classify-iris
tests:
  - name: asks for a look when the model is not sure
    inputs: { measures: [[6.0, 2.7, 5.1, 1.6]] }
    fakes: { iris: { gives: { probabilities: [[0.0, 0.55, 0.45]] } } }
    expect: { outputs: { species: [unsure] }, parameters: { decision: review } }
  - name: ends in time when the model hangs
    inputs: { measures: { shape: [1, 4], fill: 5 } }
    timeout: 200ms
    fakes: { iris: { gives: { probabilities: { shape: [1, 3] } }, after: 1m } }
    expect: { refused: { code: DEADLINE_EXCEEDED } }
`;

/** A whole golden set: read by the test of this page. */
export const goldenExample = `
tests:
  - name: tells a setosa
    inputs: { measures: [[5.1, 3.5, 1.4, 0.2]] }
    expect: { outputs: { probabilities: [[0.98, 0.02, 0.0]] }, tolerance: 0.01 }
  - name: refuses what is no measure
    inputs: { measures: [[5.1, 3.5, 1.4]] }
    expect: { refused: { code: INVALID_ARGUMENT } }
`;

/** The text of docs/reference/tests.md. */
export const testsPage = (): string =>
  `${[
    '# tests/*.yaml',
    'Requests to a pipeline and what has to come out, run by `sheaf test`. What a test does not fake is really asked: its services are started for the run. A test that names a pipeline, a tensor or a file that is not there is a mistake, which `sheaf check` tells too, with its line; so is a fake of something that the folder does not have. No mistake in a test keeps the folder from being served. This page is generated (`npm run reference`).',
    fenced(testsExample),
    'A `?` after a key says that it may be left out.',
    fieldsTable(testFileFields),
    section(
      'A test',
      fieldsTable(testFields),
      'An input is nested lists of elements, a file (an image, `.npy`, JSON or raw elements, from the folder of the test), or a tensor of one value:',
      fieldsTable(filledFields),
    ),
    section('Fakes', fieldsTable(fakeFields)),
    section(
      'What is expected',
      'Only what is named is looked at.',
      fieldsTable(expectFields),
      '### refused',
      fieldsTable(refusedFields),
    ),
    section(
      'The golden set of a model',
      'A version of a model may have a file `tests.yaml` beside its model file: `tests`, in the same language, without what only pipelines have. They are run whenever the version is tried: by `sheaf check`, by `sheaf models try`, and before a registry takes it for ready.',
      fenced(goldenExample),
      fieldsTable(goldenTestFields),
      'Its `expect` has:',
      fieldsTable(goldenExpectFields),
    ),
  ].join('\n\n')}\n`;
