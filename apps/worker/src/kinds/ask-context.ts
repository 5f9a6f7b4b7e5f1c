/** What work asks a gateway with: on whose behalf, for how long, and as what in a trace. */
import {
  type CallContext,
  type CallSignal,
  Journal,
  monotonicClock,
  type Priority,
  parseTraceparent,
  type Span,
  trustedCaller,
} from '@sheaf/inference';
import type { JobRecord } from '@sheaf/jobs';
import type { Tracing } from '@sheaf/telemetry';

/** Below all callers who wait for an answer. */
const priority: Priority = 'sheddable';

/** The work of one try, as a trace of its own that is linked to whoever submitted the job. */
export interface TracedWork {
  readonly span: Span;
  /** What each question of it is asked with; `timeoutMs`: of this question. */
  context(timeoutMs: number): CallContext;
  /** Sends what is sampled. `code`: what it ended with. */
  end(code: string, message?: string): void;
}

export type WorkTracing = Pick<Tracing, 'sampleInner' | 'onJournal'>;

/** Attributes by the semantic conventions for messaging of OpenTelemetry. */
export function traceWork(job: JobRecord, signal: CallSignal, tracing: WorkTracing): TracedWork {
  const submitted = job.traceparent === undefined ? undefined : parseTraceparent(job.traceparent);
  const journal = new Journal();
  const attributes = {
    'messaging.system': 'sheaf',
    'messaging.operation.type': 'process',
    'messaging.operation.name': 'process',
    'messaging.destination.name': job.subject,
    'messaging.message.id': job.id,
    'sheaf.job.kind': job.kind,
    'sheaf.job.attempt': job.attempt,
    ...(job.batch === undefined ? {} : { 'sheaf.batch': job.batch }),
  };
  // Traced where the submission was.
  const sample = (traceId: string): boolean => tracing.sampleInner(traceId, submitted?.sampled);
  const span = journal.start('job', `process ${job.subject}`, undefined, attributes, sample);
  if (submitted) journal.link(span, [submitted]);
  const principal = job.principal === 'trusted' ? trustedCaller : job.principal;
  return {
    span,
    context: (timeoutMs) => ({
      deadline: monotonicClock.now() + timeoutMs,
      signal,
      clock: monotonicClock,
      // What is in force when it comes.
      snapshot: { epoch: 0 },
      journal,
      span,
      principal,
      priority,
    }),
    end: (code, message) => {
      journal.end(span, code, message);
      tracing.onJournal(journal);
    },
  };
}
