import { requestOptions, withRequest } from '../../asking/request.ts';
import { integerOf, type OptionValues, textOf } from '../../command.ts';
import type { JobsAction } from '../action.ts';
import { idOf } from '../print.ts';
import { follow } from './watch.ts';

const dayMs = 86_400_000;

export const submit: JobsAction = {
  usage: '<pipeline or model> <input> ...',
  summary: 'queues an inference, and tells its job',
  options: {
    ...requestOptions,
    'idempotency-key': { type: 'string' },
    priority: { type: 'string' },
    deadline: { type: 'string' },
    delay: { type: 'string' },
    ttl: { type: 'string' },
    attempts: { type: 'string' },
    callback: { type: 'string' },
    wait: { type: 'boolean' },
  },
  help: `    --wait                 watches it, and tells its result
    --idempotency-key <k>  a second job with the same key and input is the first one
    --priority <0..9>      9 is begun first
    --deadline <ms>        by when it is to have ended, from now; it is expired then
    --delay <ms>           it is not begun before, from now
    --ttl <ms>             how long it is kept after its end; a day unless given
    --attempts <n>         5 unless given
    --callback <url>       is told of its end, where jobs.callbacks of mesh.yaml allows that`,
  words: [2, Number.POSITIVE_INFINITY],
  run: async (calls, [name = '', ...sources], values) => {
    const operation = await withRequest(name, sources, values, {}, ({ inputs, options }) => {
      const { version = '', outputs = [], parameters = {} } = options;
      const request = {
        model: name,
        version,
        id: '',
        parameters: new Map(Object.entries(parameters)),
        inputs,
        outputs,
      };
      return calls.submit(request, termsOf(values));
    });
    const id = idOf(operation);
    if (values['wait']) await follow(calls, id, values);
    else console.log(values['json'] ? JSON.stringify({ id, done: operation.done }) : id);
  },
};

const termsOf = (values: OptionValues) => ({
  idempotencyKey: textOf(values['idempotency-key']) ?? '',
  priority: integerOf('priority', values['priority'], 0, 9) ?? 0,
  deadlineMs: integerOf('deadline', values['deadline'], 1, 30 * dayMs) ?? 0,
  delayMs: integerOf('delay', values['delay'], 0, 30 * dayMs) ?? 0,
  ttlMs: integerOf('ttl', values['ttl'], 1, 30 * dayMs) ?? 0,
  attemptsMax: integerOf('attempts', values['attempts'], 1, 20) ?? 0,
  callbackUrl: textOf(values['callback']) ?? '',
});
