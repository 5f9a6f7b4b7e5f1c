import type { JobContent, Work } from '@sheaf/jobs';
import type { Gateways } from '../gateways.ts';
import type { Pace } from '../pace.ts';
import type { Task } from '../task.ts';
import type { WorkTracing } from './ask-context.ts';

/** Payloads and results, wherever they are kept. */
export interface Contents {
  read(content: JobContent): Promise<Uint8Array>;
  keep(bytes: Uint8Array): Promise<JobContent>;
}

/** What doing a job takes. */
export interface WorkPorts {
  readonly task: Pick<Task, 'folder' | 'limits' | 'jobs'>;
  readonly work: Work;
  readonly gateways: Pick<Gateways, 'infer' | 'describe'>;
  readonly pace: Pick<Pace, 'run' | 'places'>;
  readonly contents: Contents;
  readonly tracing: WorkTracing;
}
