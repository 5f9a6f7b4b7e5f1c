/** Jobs as they are told. */
import { printable, table } from '@sheaf/terminal';
import { type GetJobResponse, type JobMessage, readResult } from '@sheaf/transport';
import { printAnswer } from '../asking/print-answer.ts';
import type { OptionValues } from '../command.ts';

/** By its id, so that a script can take it. */
export const idOf = ({ name }: { readonly name: string }): string => name.replace(/^operations\//, '');

export function jobsText(jobs: readonly JobMessage[]): string {
  const rows = jobs.map((job) => [job.id, what(job), job.state, triesOf(job), timeOf(job.submittedMs), whyOf(job)]);
  return table([['job', 'asks', 'state', 'tries', 'submitted', ''], ...rows]);
}

/** One line, as it changes. */
export function jobLine(job: JobMessage): string {
  const { progress } = job;
  const done = progress ? `  ${progress.done}${progress.total > 0 ? ` of ${progress.total}` : ''}` : '';
  return `${job.state}  ${what(job)}${done}${job.cancelAsked && job.endedMs === 0 ? '  to be cancelled' : ''}`;
}

export function jobText(job: JobMessage): string {
  const rows: (readonly [string, string])[] = [
    ['job', job.id],
    ['asks', what(job)],
    ['state', job.state],
    ['tries', triesOf(job)],
    ['priority', String(job.priority)],
    ['submitted', timeOf(job.submittedMs)],
    ['begun', timeOf(job.startedMs)],
    ['ended', timeOf(job.endedMs)],
    ['not before', timeOf(job.notBeforeMs)],
    ['deadline', timeOf(job.deadlineMs)],
    ['kept until', timeOf(job.keptUntilMs)],
    ['idempotency key', printable(job.idempotencyKey)],
    ['call-back', printable(job.callbackUrl)],
    ['error', whyOf(job)],
  ];
  return table(rows.filter(([, value]) => value !== '').map((row) => [...row]));
}

/** The job, and its result as `sheaf infer` tells an answer. */
export function printJob({ job, result }: GetJobResponse, values: OptionValues): void {
  if (!job) return;
  if (result) {
    printAnswer({ response: readResult(result) }, values);
    return;
  }
  console.log(values['json'] ? JSON.stringify(job) : jobText(job));
}

const what = ({ subject, version }: JobMessage): string => (version === '' ? subject : `${subject}/${version}`);
const triesOf = ({ attempt, attemptsMax }: JobMessage): string => `${attempt} of ${attemptsMax}`;
const timeOf = (ms: number): string => (ms === 0 ? '' : new Date(ms).toISOString());
const whyOf = ({ error }: JobMessage): string => (error ? printable(`${error.code} ${error.message}`) : '');
