/** The ports over any adapter that answers the operations: checks what comes in, and asks. */
import type { BatchStore } from '../batch-store.ts';
import type { JobStore } from '../job-store.ts';
import type { PredictionStore } from '../predictions.ts';
import { invalid } from '../refusals.ts';
import type { Work } from '../work.ts';
import * as check from './checks.ts';
import type { Ask } from './operations.ts';

export interface WorkParts {
  readonly ask: Ask;
  readonly onChange: JobStore['onChange'];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly close: () => Promise<void>;
}

export const createWork = ({ ask, onChange, now, close }: WorkParts): Work => ({
  jobs: { ...queue(ask, now), ...questions(ask, now), onChange },
  batches: batches(ask, now),
  predictions: predictions(ask, now),
  close,
});

type Now = WorkParts['now'];

function queue(ask: Ask, now: Now): Pick<JobStore, 'submit' | 'claim' | 'renew' | 'complete' | 'sweep'> {
  return {
    submit: async (jobs, limits = {}) => {
      check.checkJobs(jobs);
      return ask('submit', now(), jobs, limits);
    },
    claim: async (request) => {
      check.checkClaim(request);
      return ask('claim', now(), request);
    },
    renew: async (lease, request) => {
      check.checkRenewal(request);
      return ask('renew', now(), check.leaseId(lease), request);
    },
    complete: async (lease, outcome) => {
      check.checkOutcome(outcome);
      return ask('complete', now(), check.leaseId(lease), outcome);
    },
    sweep: async () => ask('sweep', now()),
  };
}

function questions(
  ask: Ask,
  now: Now,
): Omit<JobStore, 'submit' | 'claim' | 'renew' | 'complete' | 'sweep' | 'onChange'> {
  return {
    get: async (id) => {
      check.checkId('id', id);
      return ask('getJob', id);
    },
    payload: async (id) => {
      check.checkId('id', id);
      return ask('payload', id);
    },
    result: async (id) => {
      check.checkId('id', id);
      return ask('result', id);
    },
    list: async (filter, page) => {
      check.checkFilter(filter);
      const { before, limit } = check.checkPage(page);
      return ask('listJobs', filter, before, limit);
    },
    cancel: async (id) => {
      check.checkId('id', id);
      return ask('cancelJob', now(), id);
    },
    retry: async (id, limits = {}) => {
      check.checkId('id', id);
      return ask('retryJob', now(), id, limits);
    },
    remove: async (id) => {
      check.checkId('id', id);
      return ask('removeJob', id);
    },
    counts: async (tenantsMax = 100) => {
      check.checkWhole('tenantsMax', tenantsMax, 0);
      return ask('counts', tenantsMax);
    },
    blobsInUse: async (sha256s) => {
      if (sha256s.length > 1_000) throw invalid('sha256s', `want at most 1000, got ${sha256s.length}`);
      return ask('blobsInUse', sha256s);
    },
  };
}

function batches(ask: Ask, now: Now): BatchStore {
  return {
    create: async (batch) => {
      check.checkBatch(batch);
      return ask('createBatch', now(), batch);
    },
    get: async (id) => {
      check.checkId('id', id);
      return ask('getBatch', id);
    },
    list: async (filter, page) => {
      check.checkFilter(filter);
      const { before, limit } = check.checkPage(page);
      return ask('listBatches', filter, before, limit);
    },
    addChunks: async (lease, chunks) => {
      check.checkChunks(chunks);
      return ask('addChunks', now(), check.leaseId(lease), chunks);
    },
    lastChunk: async (id) => {
      check.checkId('id', id);
      return ask('lastChunk', id);
    },
    cancel: async (id) => {
      check.checkId('id', id);
      return ask('cancelBatch', now(), id);
    },
    resume: async (id, { errorBudget } = {}) => {
      check.checkId('id', id);
      if (errorBudget) check.checkBudget(errorBudget);
      return ask('resumeBatch', now(), id, errorBudget);
    },
    errors: async (id, { after = 0, limit = 100 } = {}) => {
      check.checkId('id', id);
      check.checkWhole('after', after, 0);
      check.checkLimit(limit);
      return ask('errors', id, after, limit);
    },
    remove: async (id) => {
      check.checkId('id', id);
      return ask('removeBatch', now(), id);
    },
  };
}

function predictions(ask: Ask, now: Now): PredictionStore {
  return {
    get: async (collection, keys) => {
      check.checkCollection(collection);
      check.checkKeys(keys);
      return ask('lookUp', collection, keys);
    },
    getOf: async (generation, keys) => {
      check.checkCollection(generation.collection);
      check.checkKeys(keys);
      return ask('lookUpOf', generation, keys);
    },
    scan: async (generation, { after = '', limit = 1_000 } = {}) => {
      check.checkCollection(generation.collection);
      check.checkLimit(limit, 10_000);
      return ask('scan', generation, after, limit);
    },
    generation: async (id) => {
      check.checkCollection(id.collection);
      return ask('generation', id);
    },
    generations: async (collection, { before = Number.MAX_SAFE_INTEGER, limit = 100 } = {}) => {
      check.checkCollection(collection);
      check.checkWhole('before', before, 1);
      check.checkLimit(limit);
      return ask('generations', collection, before, limit);
    },
    collections: async () => ask('collections'),
    current: async (collection) => {
      check.checkCollection(collection);
      return ask('current', collection);
    },
    history: async (collection) => {
      check.checkCollection(collection);
      return ask('history', collection, 1_000);
    },
    promote: async (promotion) => {
      check.checkCollection(promotion.collection);
      check.checkWho(promotion);
      check.checkWhole('expectedEpoch', promotion.expectedEpoch, 0);
      return ask('promote', now(), promotion);
    },
    rollback: async (change) => {
      check.checkCollection(change.collection);
      check.checkWho(change);
      check.checkWhole('expectedEpoch', change.expectedEpoch, 0);
      return ask('rollback', now(), change);
    },
    drop: async (generation) => {
      check.checkCollection(generation.collection);
      return ask('drop', generation);
    },
  };
}
