/** Counts what is submitted, and tells how much waits. No tenant is a label: there may be any number of them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenedWork } from '@sheaf/jobs';
import type { Registry } from '@sheaf/telemetry';

export interface WorkMetrics {
  readonly onSubmitted: (told: { readonly isNew: boolean }) => void;
  /** To be done before each scrape. Where there are no jobs nothing is opened. */
  readonly refresh: () => Promise<void>;
}

type Sample = readonly [readonly string[], number];

export function countWork(
  registry: Registry,
  opened: () => Promise<Pick<OpenedWork, 'jobs'>>,
  isThere: () => boolean,
): WorkMetrics {
  const submitted = registry.counter('sheaf_jobs_submitted_total');
  let standing: readonly Sample[] = [];
  let oldest: readonly Sample[] = [];
  registry.read('sheaf_jobs', () => standing);
  registry.read('sheaf_jobs_oldest_queued_age_seconds', () => oldest);
  return {
    onSubmitted: ({ isNew }) => {
      submitted.of(isNew ? 'added' : 'known').value++;
    },
    refresh: async () => {
      if (!isThere()) return;
      try {
        const { jobs } = await opened();
        const { counts, oldestQueuedAt } = await jobs.counts(1);
        const open = counts.filter(({ state }) => state === 'queued' || state === 'running');
        standing = [...Map.groupBy(open, ({ kind, state }) => `${kind} ${state}`)].map(([labels, some]) => [
          labels.split(' '),
          some.reduce((sum, { count }) => sum + count, 0),
        ]);
        oldest = [[[], oldestQueuedAt === undefined ? 0 : Math.max(0, Date.now() - oldestQueuedAt) / 1_000]];
      } catch {
        // A scrape tells of the rest; whoever asks for a job is told what is wrong.
        [standing, oldest] = [[], []];
      }
    },
  };
}

/** Whether there may be jobs already. */
export const hasWork = (folder: string, env: NodeJS.ProcessEnv): boolean =>
  env['DATABASE_URL'] !== undefined || existsSync(join(folder, '.sheaf', 'jobs', 'jobs.db'));
