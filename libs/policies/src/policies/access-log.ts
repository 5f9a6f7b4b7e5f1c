import {
  choice,
  either,
  fenced,
  fieldsTable,
  mapped,
  optional,
  type Reader,
  record,
  section,
  text,
} from '@sheaf/document';
import { type AccessLogSpec, accessLogCalls } from '../spec.ts';
import type { Policy } from './policy.ts';

interface Spec {
  /** Undefined: of refused calls, to standard output. */
  readonly accessLog?: AccessLogSpec | undefined;
}

const calls = choice(accessLogCalls);
const accessLogFields = {
  calls: optional(calls, '`refused`: those that did not end well. Default refused.'),
  file: optional(
    text('a file such as ./access.log or /var/log/sheaf/access.log', /^(\.\/|\/)[^\0]{1,1024}$/),
    'Where the lines go, appended to it; `./` is the folder. Default: the standard output of the gateway.',
  ),
};

const reader: Reader<AccessLogSpec> = either(
  (value) => typeof value === 'string',
  mapped(calls, (which): AccessLogSpec => ({ calls: which, file: undefined })),
  mapped(record(accessLogFields), ({ calls: which = 'refused', file }): AccessLogSpec => ({ calls: which, file })),
);

const example = `
accessLog: { calls: all, file: /var/log/sheaf/access.log }`;

const fields = {
  accessLog: optional(reader, 'Of which calls a line is written, and where to. Default refused.'),
};

/** The gateway writes the lines. */
export const accessLog: Policy<Spec, typeof fields> = {
  fields,
  read: ({ accessLog: read }) => ({ accessLog: read }),
  reference: [
    section(
      'accessLog',
      '`all`, `refused` or `off`, or a mapping:',
      fieldsTable(accessLogFields),
      fenced(example),
      'A line of JSON for each call: `time`, `address`, `principal`, `tenant`, `method`, `model`, `version`, `code`, `reason`, `bytesIn` and `bytesOut` of the messages, `ms`, and `trace`, by which it is found in traces and in `x-trace-id`. What is not known is left out. Tensors, credentials and metadata are never in it. `refused` is of all calls that did not end OK, but for those whose caller left. For each reason and caller (its credential, or else its address) ten refusals a second have lines, 200 for all together, and the others are counted (`calls left out`): for the 50 reasons and callers with the most, and in one line for the rest; beyond 256 a second they are counted by reason.',
      'No call waits for the log. Lines wait in a mebibyte of memory at most; what cannot be written is counted (`lines lost`), and told once in the log of the gateway. A file that is renamed is opened anew under its name within a second, and one that is cut is gone on with, so that `logrotate` needs no signal, and `copytruncate` works too. It is made for its owner and group only (0640). Several gateways may append to the same file.',
    ),
  ],
  examples: { accessLog: example },
};
