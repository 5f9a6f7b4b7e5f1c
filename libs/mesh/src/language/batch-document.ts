/** What batches/*.yaml may hold. */
import {
  boolean,
  choice,
  documentSchema,
  either,
  integer,
  isRecord,
  type JsonSchema,
  list,
  mapOf,
  mapped,
  nonEmpty,
  number,
  optional,
  type Reader,
  record,
  required,
  scalar,
  text,
  type ValueOf,
  variants,
  withDefault,
} from '@sheaf/document';
import { versionSuffix } from '@sheaf/inference';
import { cronProblem } from './cron.ts';

const columnsMax = 10_000;
const columnName = text('the name of a column');
const columns = nonEmpty(list(columnName, 'a list of columns', columnsMax), 'want a column, got an empty list');
/** One column, or several. */
const columnOrColumns: Reader<readonly string[]> = either(
  (value) => Array.isArray(value),
  columns,
  mapped(columnName, (name) => [name]),
);

export const inputFields = {
  path: required(
    text('a path'),
    'A file, or a folder of part files or of images; from the folder of the mesh where it is not absolute.',
  ),
  format: optional(choice(['csv', 'ndjson', 'parquet', 'images']), 'Default: what the endings of the files say.'),
  delimiter: optional(
    text('one character', /^[^"\r\n]$/),
    'Between the cells of a line of CSV. Default: that of `,`, `;`, tab and `|` which the header has most of.',
  ),
};

const cellValue = scalar(
  'a value as it stands in a cell, such as 0 or NaN',
  (value): value is string | number | boolean =>
    (typeof value === 'string' && value !== '') || typeof value === 'number' || typeof value === 'boolean',
  { type: ['string', 'number', 'boolean'], minLength: 1 },
);
const missing = optional(
  mapped(cellValue, String),
  'What stands in for an empty cell. Default: a row with an empty cell is an error.',
);
export const tensorKinds = {
  columns: {
    columns: required(
      columnOrColumns,
      'The column that holds it, or several that are the elements of a vector in this order.',
    ),
    missing,
  },
  file: {
    file: required(
      columnName,
      'The column with the path of a file that holds it, from the folder of the input: an image, `.npy`, JSON, or raw elements.',
    ),
  },
} as const;
const tensor = either(
  isRecord,
  variants({ noun: 'tensor', kinds: tensorKinds, shared: {} }),
  mapped(columnOrColumns, (own) => ({ kind: 'columns' as const, columns: own, missing: undefined })),
);

export const errorFields = {
  share: optional(number(0, 1), 'Of all rows, from 0 to 1.'),
  rows: optional(integer(0), 'How many.'),
};

const zones: Reader<string> = {
  ...text('a time zone, such as Europe/Berlin'),
  read(value, path, problems) {
    if (typeof value !== 'string' || !isZone(value))
      return problems.wanted(path, 'a time zone, such as Europe/Berlin', value);
    return value;
  },
};

function isZone(zone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: zone }));
  } catch {
    return false;
  }
}

const cron: Reader<string> = mapped(text('a cron expression, such as 0 3 * * *'), (expression, path, problems) => {
  const problem = cronProblem(expression);
  return problem === undefined ? expression : problems.add(path, problem);
});

export const scheduleFields = {
  cron: required(cron, 'When it runs: minute, hour, day of the month, month, day of the week.'),
  timezone: withDefault(
    zones,
    'UTC',
    'Whose clock is meant. An hour that summer time skips is run after it, and one that comes twice once.',
  ),
};

export const validateFields = {
  coverage: withDefault(number(0, 1), 1, 'The share of the rows that has to have a prediction.'),
  overlap: optional(
    number(0, 1),
    'Of the keys of the current generation the share that the new one has to have. Default: not looked at.',
  ),
  psi: optional(
    number(0),
    'The most that an output may have moved since the current generation, as population stability index. Default: not looked at.',
  ),
};

export const batchFields = {
  pipeline: required(
    text(
      'the name of a pipeline or model, such as other or other/2',
      new RegExp(`^[A-Za-z0-9][A-Za-z0-9._-]*${versionSuffix}$`),
    ),
    'What is asked: a pipeline or a model.',
  ),
  collection: optional(
    text('a name', /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/),
    'What its predictions are looked up under. Default: the name of the pipeline.',
  ),
  input: required(record(inputFields), 'What is read.'),
  key: required(columnOrColumns, 'The column that tells rows apart, or several.'),
  tensors: required(
    mapOf(tensor, { min: 1, max: 256, noun: 'tensor', key: text('the name of an input') }),
    'Of each input of the pipeline the column that it comes from, a list of columns, or one of the mappings below.',
  ),
  outputs: withDefault(
    list(text('the name of an output'), 'a list of outputs', 256),
    [],
    'The outputs that are kept; an empty list keeps all.',
  ),
  rows: optional(
    choice(['together', 'one']),
    'Whether the rows of a request are the first dimension of its tensors, or each row is a request. Default: as the shapes of the inputs tell.',
  ),
  chunkRows: withDefault(integer(1, 100_000), 1_000, 'The rows of a chunk: what is done again where a worker is lost.'),
  requestRows: withDefault(integer(1, 10_000), 64, 'The rows of a request.'),
  errors: optional(record(errorFields), 'More rows with errors than these make the batch fail. Default: no limit.'),
  validate: optional(
    record(validateFields),
    'What has to be true of a generation before it is served; otherwise it is held.',
  ),
  hold: withDefault(boolean, false, 'Each generation waits for `sheaf batch promote`.'),
  keep: withDefault(integer(0, 100), 3, 'How many former generations stay, to roll back to.'),
  schedule: optional(record(scheduleFields), 'When it runs by itself. Default: at no time.'),
  onPromotion: withDefault(
    boolean,
    false,
    'It runs by itself when callers get a version of the pipeline that none of its generations is by: another champion, or a newer one where none is named.',
  ),
};

export const batchDocument = record(batchFields);
export type BatchDeclaration = ValueOf<typeof batchDocument>;

/** The JSON Schema of a file of batches, for editors. */
export const batchSchema = (): JsonSchema => documentSchema('a batch of a Sheaf mesh', batchDocument);
