/** tests/*.yaml: requests to a pipeline and what has to come out. Read by these definitions, from which their JSON Schema and reference page are made. */
import {
  boolean,
  choice,
  documentSchema,
  duration,
  either,
  integer,
  type JsonSchema,
  list,
  mapOf,
  number,
  optional,
  type Reader,
  record,
  required,
  scalar,
  text,
  type ValueOf,
} from '@sheaf/document';
import { inferErrorCodes } from '@sheaf/inference';

const anyName = text('a name');
/** Nested lists of elements, as JSON has them. */
const lists = scalar('nested lists of elements', (value): value is readonly unknown[] => Array.isArray(value), {
  type: 'array',
});
/** A tensor without writing each element down. */
export const filledFields = {
  shape: required(list(integer(0), 'a list of sizes', 16), 'Its sizes.'),
  fill: optional(number(Number.NEGATIVE_INFINITY), 'The value of every element. Default 0.'),
};
const filled = record(filledFields);
const tensor = either(Array.isArray, lists, filled);
/** Or a file, from the folder of the test: an image, .npy, JSON or raw elements. */
const input: Reader<string | readonly unknown[] | ValueOf<typeof filled>> = either(
  (value) => typeof value === 'string',
  text('a file'),
  tensor,
);
const byName = <T>(item: Reader<T>, noun: string) => mapOf(item, { min: 0, max: 256, noun, key: anyName });
const scalarValue = scalar(
  'a text, a number, true or false',
  (value): value is string | number | boolean => ['string', 'number', 'boolean'].includes(typeof value),
  { type: ['string', 'number', 'boolean'] },
);

export const fakeFields = {
  gives: optional(byName(tensor, 'output'), 'Its outputs.'),
  fails: optional(choice(inferErrorCodes), 'The gRPC code that it fails with instead.'),
  after: optional(duration, 'How long it takes to answer. Default: no time.'),
};
const fake = record(fakeFields);

export const refusedFields = {
  code: optional(choice(inferErrorCodes), 'The gRPC code.'),
  reason: optional(anyName, 'The reason in `google.rpc.ErrorInfo`.'),
  message: optional(anyName, 'A part of what the caller is told.'),
};

export const expectFields = {
  outputs: optional(byName(lists, 'output'), 'Each output; floats within `tolerance`.'),
  tolerance: optional(number(0), 'How far a float may be from the one that is written. Default 0.0001.'),
  parameters: optional(byName(scalarValue, 'parameter'), 'Parameters of the answer, such as labels.'),
  rules: optional(list(anyName, 'a list of rules', 64), 'The rules that acted, in order.'),
  degraded: optional(boolean, 'Whether the answer is marked as degraded.'),
  absent: optional(list(anyName, 'a list of outputs', 256), 'Outputs that are not computed.'),
  refused: optional(record(refusedFields), 'The call ends with this error.'),
};
const expected = record(expectFields);

export const testFields = {
  name: required(text('a sentence about what is promised'), 'What is promised.'),
  inputs: required(byName(input, 'input'), 'Nested lists, a file, or {shape, fill}.'),
  metadata: optional(byName(text('a text'), 'key'), "The caller's gRPC metadata."),
  parameters: optional(byName(scalarValue, 'parameter'), 'Parameters of the request.'),
  timeout: optional(duration, 'The deadline. Default 10s.'),
  fakes: optional(byName(fake, 'fake'), 'Models, transforms and pipelines that are not really asked.'),
  expect: required(expected, 'What has to come out.'),
};
const testCase = record(testFields);

export const testFileFields = {
  pipeline: required(text('the name of a pipeline, such as other or other/2'), 'What is tested.'),
  tests: required(list(testCase, 'a list of tests', 1_000), 'Each is one call.'),
};

export const testDocument = record(testFileFields);

export type PipelineTest = ValueOf<typeof testCase>;
export type Fake = ValueOf<typeof fake>;
export type Expected = ValueOf<typeof expected>;

/** What is expected of a model, which has no rules. */
export const goldenExpectFields = {
  outputs: expectFields.outputs,
  tolerance: expectFields.tolerance,
  refused: expectFields.refused,
};
export const goldenTestFields = {
  name: testFields.name,
  inputs: testFields.inputs,
  parameters: testFields.parameters,
  timeout: testFields.timeout,
  expect: required(record(goldenExpectFields), 'What has to come out.'),
};
const goldenTest = record(goldenTestFields);

export const goldenFileFields = {
  tests: required(list(goldenTest, 'a list of tests', 1_000), 'Each is one call.'),
};

/** The golden set of one version of a model. */
export const goldenDocument = record(goldenFileFields);
export type GoldenTest = ValueOf<typeof goldenTest>;

/** The JSON Schema of a file of tests, for editors. */
export const testsSchema = (): JsonSchema => documentSchema('tests of a Sheaf mesh', testDocument);
