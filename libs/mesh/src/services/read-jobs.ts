/** The `jobs` of mesh.yaml, with where the secret of their call-backs is. */

import type { Jobs } from '../jobs.ts';
import { defaultsOf } from '../language/common.ts';
import { type JobsGiven, jobs } from '../language/jobs.ts';
import { findSecret, type SecretNoted } from './read-secret.ts';

const jobsDefault = defaultsOf(jobs);

export async function readJobs(at: SecretNoted, given: JobsGiven = jobsDefault): Promise<Jobs> {
  const { callbacks, ...own } = given;
  if (!callbacks) return own;
  const path = [...at.path, 'callbacks', 'secret'];
  const secret = await findSecret({ ...at, path }, callbacks.secret, 'secret');
  if (secret?.wrong)
    at.notes.push({ ...secret.wrong, message: `${secret.wrong.message}; no call-back is sent without it` });
  if (!secret) return own;
  const { hosts, private: isPrivate } = callbacks;
  return { ...own, callbacks: { hosts, isPrivate, secret: secret.place } };
}
