/** Callers of the services, and calls that are submitted. */
import {
  type CallContext,
  type JobTerms,
  Journal,
  monotonicClock,
  type Principal,
  type Submission,
} from '@sheaf/inference';
import type { JobsCaller } from '@sheaf/transport';

export const usual: JobTerms = {
  idempotencyKey: '',
  priority: 0,
  deadlineMs: 0,
  delayMs: 0,
  ttlMs: 0,
  attemptsMax: 0,
  callbackUrl: '',
};
export const acme: Principal = {
  id: 'key:a',
  tenant: 'acme',
  roles: ['infer'],
  models: ['*'],
  priority: 'standard',
  claims: {},
};
export const other: Principal = { ...acme, id: 'key:b', tenant: 'other' };
export const operator: Principal = { ...acme, id: 'key:o', tenant: 'operators', roles: ['admin'] };
export const as = (principal: Principal, signal = new AbortController().signal): JobsCaller => ({
  principal,
  signal,
  timeoutMs: Number.POSITIVE_INFINITY,
});

export const signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
} as const;

export function contextOf(principal: Principal, submission: Submission): CallContext {
  const journal = new Journal();
  return {
    ...{ clock: monotonicClock, deadline: Number.POSITIVE_INFINITY, signal: new AbortController().signal },
    ...{ snapshot: { epoch: 1 }, principal, journal, submission },
    span: journal.start('request', 'gateway', undefined),
  };
}
