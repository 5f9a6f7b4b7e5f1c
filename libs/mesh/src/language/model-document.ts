/** model.yaml: how a model is served. Read by these definitions, from which its JSON Schema and its reference page are made. */
import {
  boolean,
  choice,
  documentSchema,
  either,
  integer,
  type JsonSchema,
  list,
  mapped,
  nonEmpty,
  optional,
  type Reader,
  required,
  text,
  type ValueOf,
  variants,
  withDefault,
} from '@sheaf/document';
import { type BatchingOptions, providers, queueDefault } from '@sheaf/runtime';
import { defaultsOf, settings, someOf } from './common.ts';

export const runLimitDefaultMs = 10_000;
const rowsMax = 65_536;
const rows = list(integer(1, rowsMax), 'a list of numbers of rows', 1_024);

export const batchingFields = {
  maxRows: withDefault(integer(1, rowsMax), 64, 'Rows that a run has at most; a call of more is a run of its own.'),
  maxQueueDelayMs: withDefault(
    integer(0, 60_000),
    0,
    'Milliseconds that a call waits for company while a worker is free; 0: nobody waits.',
  ),
  preferredRows: withDefault(rows, [], 'Numbers of rows that end that wait.'),
  allowedRows: withDefault(rows, [], 'Runs are filled up with zeros to the next of these.'),
  rowsIndependent: optional(
    boolean,
    'Your word that the answer to a row never depends on the rows beside it, whatever is shown of them. Default false.',
  ),
};

const batchingSettings = settings(batchingFields);

function batchingOptions({
  rowsIndependent,
  allowedRows,
  ...others
}: ValueOf<typeof batchingSettings>): BatchingOptions {
  return {
    ...others,
    allowedRows: allowedRows.toSorted((a, b) => a - b),
    ...(rowsIndependent === undefined ? {} : { rowsIndependent }),
  };
}

export const batchingDefault = batchingOptions(defaultsOf(batchingSettings));

/** False: calls never share a run. */
const batching: Reader<BatchingOptions | false> = mapped(
  either((value) => typeof value === 'boolean', boolean, batchingSettings),
  (written) => {
    if (written === false) return false;
    return written === true ? { ...batchingDefault, rowsIndependent: true } : batchingOptions(written);
  },
);

const share = (by: number) =>
  withDefault(integer(1, 100), by, 'What calls of this class get of the places and runs while all want more.');

export const shareFields = {
  critical: share(queueDefault.shares.critical),
  standard: share(queueDefault.shares.standard),
  sheddable: share(queueDefault.shares.sheddable),
};

export const queueFields = {
  callsMax: withDefault(
    integer(1, 4_096),
    queueDefault.callsMax,
    'Calls that may wait for one version of the model; of one more, the one that matters least is refused.',
  ),
  shares: withDefault(
    settings(shareFields),
    queueDefault.shares,
    'How the places and runs are shared out among the classes; whatever they add up to is the whole.',
  ),
};

export const versionPolicyVariants = {
  noun: 'policy',
  kinds: {
    latest: { latest: required(integer(1, 1_000), 'So many of the newest by number; older ones are not even read.') },
    specific: {
      specific: required(
        nonEmpty(
          list(integer(1, 999_999_999_999_999), 'a list of versions', 1_000),
          'want one version or more, got none',
        ),
        'These and no others.',
      ),
    },
  },
  shared: {},
} as const;

/** Which versions are served, in the words of Triton's `version_policy`. */
export type VersionPolicy =
  | { readonly kind: 'all' }
  | { readonly kind: 'latest'; readonly latest: number }
  | { readonly kind: 'specific'; readonly specific: readonly number[] };

const versionPolicy: Reader<VersionPolicy> = mapped(
  either((value) => value === 'all', choice(['all']), variants(versionPolicyVariants)),
  (written): VersionPolicy => (written === 'all' ? { kind: 'all' } : written),
);

export const modelFields = {
  runLimitMs: withDefault(
    integer(1, 600_000),
    runLimitDefaultMs,
    'Milliseconds that a run may take; a longer one ends its process.',
  ),
  intraOpThreads: optional(
    integer(1, 256),
    'Threads of a run. Default: the `cpus` of its service shared out among its instances, or what the machine suggests.',
  ),
  instances: withDefault(integer(1, 64), 1, 'Workers that run it, each with a session and weights of its own.'),
  providers: withDefault(
    someOf(providers),
    ['cpu'],
    'Execution providers of ONNX Runtime in the order of preference; the first that the machine has runs the model.',
  ),
  memoryMaxMb: optional(
    integer(64, 1_024 * 1_024),
    'When its process takes more MiB, the workers of the model are replaced one after the other. Default: never.',
  ),
  enableCpuMemArena: optional(
    boolean,
    'Whether a session keeps the memory of its largest run for the next. Default: where only the first dimension of its inputs is open.',
  ),
  enableMemPattern: optional(boolean, 'Whether a session plans its memory by what runs took before. Default true.'),
  batching: optional(
    batching,
    'How calls share runs: `false` is never, `true` is your word that rows are independent. Default: where its rows are shown to be independent.',
  ),
  queue: optional(settings(queueFields), 'The calls that wait for it.'),
  sha256: optional(
    text('64 hex digits', /^[0-9a-f]{64}$/),
    'The SHA-256 of `model.onnx`, with the files that it keeps weights in one after the other; another file is refused.',
  ),
  versionPolicy: optional(
    versionPolicy,
    'Which versions are served: `all`, `{ latest: 2 }` or `{ specific: [3, 7] }`. Default all.',
  ),
};

export const modelDocument = settings(modelFields);
export type ModelGiven = ValueOf<typeof modelDocument>;

/** The JSON Schema of model.yaml, for editors. */
export const modelSchema = (): JsonSchema => documentSchema('model.yaml of a Sheaf mesh', modelDocument);
