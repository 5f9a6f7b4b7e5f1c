/** The requests of a push, one after the other, each of the kind that it has to be, and in time. */
import { InferError } from '@sheaf/inference';
import type { PushRequest } from '@sheaf/transport';
import { invalid } from '../../refusals.ts';
import type { PushLimits } from './limits.ts';

type Step = 'begin' | 'files' | 'chunk';

export interface Steps {
  /** Throws INVALID_ARGUMENT for another step, FAILED_PRECONDITION where none follows, DEADLINE_EXCEEDED where none comes. */
  next<Wanted extends Step>(wanted: Wanted): Promise<NonNullable<PushRequest[Wanted]>>;
}

type Times = Pick<PushLimits, 'silenceMaxMs' | 'pushMaxMs'>;

export function readSteps(requests: AsyncIterable<PushRequest>, { silenceMaxMs, pushMaxMs }: Times): Steps {
  const iterator = requests[Symbol.asyncIterator]();
  const endAt = performance.now() + pushMaxMs;
  return {
    next: async (wanted) => {
      const leftMs = endAt - performance.now();
      const late = leftMs < silenceMaxMs ? tooLong(pushMaxMs) : silent(silenceMaxMs);
      const next = await within(iterator.next(), Math.max(0, Math.min(leftMs, silenceMaxMs)), late);
      if (next.done) throw cut();
      const step = next.value[wanted];
      if (!step) throw invalid('step', `want ${wanted} here, got ${next.value.step ?? 'nothing'}`);
      return step;
    },
  };
}

async function within<T>(task: Promise<T>, ms: number, late: () => InferError): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(late()), ms);
  try {
    return await Promise.race([task, promise]);
  } finally {
    clearTimeout(timer);
  }
}

const again = 'push the same again, and it goes on where it was';

const silent = (ms: number) => () =>
  new InferError('DEADLINE_EXCEEDED', `the push brought nothing for ${ms} ms; ${again}`, { reason: 'PUSH_SILENT' });

const tooLong = (ms: number) => () =>
  new InferError('DEADLINE_EXCEEDED', `the push took more than ${ms} ms; ${again}`, { reason: 'PUSH_TOO_LONG' });

const cut = (): InferError =>
  new InferError('FAILED_PRECONDITION', `the push ended before all of it had come; ${again}`, { reason: 'PUSH_CUT' });
