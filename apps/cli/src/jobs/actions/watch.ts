import { InferError } from '@sheaf/inference';
import type { JobMessage, JobsCalls } from '@sheaf/transport';
import type { OptionValues } from '../../command.ts';
import type { JobsAction } from '../action.ts';
import { jobLine, printJob } from '../print.ts';

export const watch: JobsAction = {
  usage: '<job>',
  summary: 'follows a job until it has ended, and tells its result',
  words: [1, 1],
  run: (calls, [id = ''], values) => follow(calls, id, values),
};

/** A line for each change, beside the result; throws what the job ended with where it has none. */
export async function follow(calls: JobsCalls, id: string, values: OptionValues): Promise<void> {
  let last: JobMessage | undefined;
  for await (const told of calls.wait({ id })) {
    const { job, result } = told;
    if (!job) continue;
    last = job;
    console.error(jobLine(job));
    if (result) printJob(told, values);
  }
  if (!last) throw new InferError('NOT_FOUND', `job ${id} was deleted meanwhile`);
  if (last.state === 'succeeded') return;
  const { code = 'CANCELLED', message = `the job is ${last.state}` } = last.error ?? {};
  throw new InferError(code as InferError['code'], message);
}
