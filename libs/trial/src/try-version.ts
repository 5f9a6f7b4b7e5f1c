/** Tries versions in a process that is thrown away, and makes a report of what that told and of how it ended. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrialReport } from '@sheaf/inference';
import { type Candidate, folderOf, nameOf, sent } from './candidate.ts';
import { createFairTurns } from './fair-turns.ts';
import { memoryLimit, type TrialLimits, trialLimits } from './limits.ts';
import {
  comparisonFindings,
  type Found,
  type GivenPolicy,
  judged,
  type TrialPolicy,
  trialPolicy,
  verdictOf,
} from './policy.ts';
import { type Ended, launch } from './process/launch.ts';
import type { TrialFacts, TrialJob, TrialMessage, TrialStep } from './process/messages.ts';

export interface TrialOptions {
  readonly limits?: Partial<TrialLimits>;
  readonly policy?: GivenPolicy;
  /** Gives up: what is being tried is not told of, and the promise rejects with its reason. */
  readonly signal?: AbortSignal;
  /** For whom it is: of several who ask, each has a turn after the other. Default ''. */
  readonly asker?: string;
}

/** One trial at a time in each process: two would find one another slow. */
const turns = createFairTurns();

/** Tries one version, and compares it with `against` where that is given. Never throws for what the version is or does. */
export async function tryVersion(
  candidate: Candidate,
  { against, ...options }: TrialOptions & { readonly against?: Candidate | undefined } = {},
): Promise<TrialReport> {
  const reports: TrialReport[] = [];
  await tryVersions([{ candidate, against }], (report) => reports.push(report), options);
  return reports[0] as TrialReport;
}

/**
 * Tries one version after the other, and tells of each when it is done, in their order. They share a process as long as that goes well: one that ends it, and
 * was not its first, is tried once more in a process of its own.
 */
export function tryVersions(
  jobs: readonly TrialJob[],
  onReport: (report: TrialReport, index: number) => void,
  { limits = {}, policy = {}, signal, asker = '' }: TrialOptions = {},
): Promise<void> {
  const all: TrialLimits = { ...trialLimits, ...limits };
  const weights: TrialPolicy = { ...trialPolicy, ...policy, levels: { ...trialPolicy.levels, ...policy.levels } };
  const run = async (): Promise<void> => {
    for (let next = 0; next < jobs.length; ) {
      signal?.throwIfAborted();
      next = await tryFrom({ jobs, from: next, limits: all, signal }, (index, outcome) =>
        onReport(reportOf(jobs[index] as TrialJob, outcome, weights), index),
      );
    }
  };
  return turns.take(asker, run, signal);
}

/** What is known of one candidate. */
interface Outcome {
  readonly atMs: number;
  tookMs: number;
  step: TrialStep;
  facts: TrialFacts;
  readonly found: Found[];
  memoryBytes?: number;
}

interface Round {
  readonly jobs: readonly TrialJob[];
  readonly from: number;
  readonly limits: TrialLimits;
  readonly signal: AbortSignal | undefined;
}

/** One process; answers the first that is still to be tried. */
async function tryFrom(
  { jobs, from, limits, signal }: Round,
  onDone: (index: number, outcome: Outcome) => void,
): Promise<number> {
  const sizes = await Promise.all(jobs.map(sizeOf));
  const memoryBytesMax = memoryLimit(limits, Math.max(...sizes));
  const orders = {
    jobs: jobs.map(({ candidate, against }) => ({
      candidate: sent(candidate),
      ...(against && { against: sent(against) }),
    })),
    ...{ from, limits, memoryBytesMax },
  };
  let at = from;
  let isLate = false;
  let timer: NodeJS.Timeout | undefined;
  let outcome = begun();
  let startedAt = performance.now();
  let kill = (): void => {};
  const watch = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      isLate = true;
      kill();
    }, limits.timeMsMax);
  };
  const hear = (message: TrialMessage): void => {
    if (message.began !== undefined) {
      outcome = begun();
      startedAt = performance.now();
      watch();
    }
    take(outcome, message);
    if (message.done === undefined) return;
    clearTimeout(timer);
    outcome.tookMs = performance.now() - startedAt;
    onDone(at++, outcome);
  };
  const { kill: killProcess, ended } = await launch(orders, hear);
  kill = killProcess;
  watch();
  signal?.addEventListener('abort', kill);
  if (signal?.aborted) kill();
  const how = await ended;
  clearTimeout(timer);
  signal?.removeEventListener('abort', kill);
  signal?.throwIfAborted();
  if (at >= jobs.length) return at;
  // What came before it in this process may have had a part in it.
  if (at > from) return at;
  outcome.tookMs = performance.now() - startedAt;
  outcome.found.push(endFinding(how, outcome, isLate ? limits.timeMsMax : undefined));
  onDone(at, outcome);
  return at + 1;
}

const begun = (): Outcome => ({ atMs: Date.now(), tookMs: 0, step: 'its files were read', facts: {}, found: [] });

function take(outcome: Outcome, { step, found, facts, done }: TrialMessage): void {
  if (step !== undefined) outcome.step = step;
  if (found) outcome.found.push(found.code ? { ...found, code: found.code } : { check: found.check, text: found.text });
  if (facts) outcome.facts = { ...outcome.facts, ...facts };
  if (done !== undefined) outcome.memoryBytes = done;
}

/** Why the process ended before its candidate was done. What it told itself before that comes first. */
function endFinding({ how, rubbish }: Ended, { step, found }: Outcome, lateMs: number | undefined): Found {
  if (lateMs !== undefined)
    return { check: 'time', text: `it was not done after ${lateMs} ms, and was ended while ${step}` };
  if (rubbish !== undefined)
    return { check: 'process', text: `its process sent what is no message of a trial while ${step}` };
  const told = found.at(-1);
  if (told && ['time', 'memory', 'process'].includes(told.check)) return found.pop() as Found;
  return { check: 'process', text: `it ends the process that loads it (${how}) while ${step}` };
}

function reportOf(
  { candidate, against }: TrialJob,
  { atMs, tookMs, facts, found, memoryBytes }: Outcome,
  policy: TrialPolicy,
): TrialReport {
  const comparison = facts.against && against && { ...nameOf(against), ...facts.against };
  const { sizeBytes = 0, against: _, ...rest } = facts;
  const report = {
    schema: 1,
    ...nameOf(candidate),
    atMs,
    tookMs: Math.round(tookMs),
    sizeBytes,
    ...rest,
    ...(comparison ? { against: comparison } : {}),
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
  } as Omit<TrialReport, 'findings' | 'verdict'>;
  const findings = judged([...found, ...comparisonFindings(report.against, policy)], policy);
  return { ...report, findings, verdict: verdictOf(findings) };
}

const entriesMax = 10_000;

/** Of all files of a job, for the limit of its memory; what cannot be looked at is told by its trial. */
async function sizeOf({ candidate, against }: TrialJob): Promise<number> {
  let entries = 0;
  const below = async (folder: string): Promise<number> => {
    let bytes = 0;
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      if (++entries > entriesMax) break;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) bytes += await below(path);
      else bytes += (await lstat(path).catch(() => ({ size: 0 }))).size;
    }
    return bytes;
  };
  const of = async (one: Candidate | undefined): Promise<number> => {
    if (!one) return 0;
    if (one.kind === 'unread') return below(folderOf(one));
    return one.version.content.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  };
  return (await of(candidate)) + (await of(against));
}
