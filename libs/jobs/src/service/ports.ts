/** What the services need. */
import type { Contents } from '../contents/contents.ts';
import type { JobStore } from '../job-store.ts';
import type { PredictionStore } from '../predictions.ts';

export interface OpenedWork {
  readonly jobs: JobStore;
  readonly predictions: PredictionStore;
  readonly contents: Contents;
}

export interface LaterPorts {
  /** Opened with the first call: most meshes have no jobs. */
  readonly opened: () => Promise<OpenedWork>;
  /** How many jobs of a tenant may wait, also of those that are retried. */
  readonly rules: () => { readonly queuedPerTenantMax: number };
  /** Told before an operator changes a job of somebody else. */
  readonly onOperator: (told: OperatorChange) => Promise<void>;
}

export interface OperatorChange {
  readonly action: 'job.cancel' | 'job.retry';
  readonly actor: string;
  readonly job: string;
  readonly tenant: string;
}
