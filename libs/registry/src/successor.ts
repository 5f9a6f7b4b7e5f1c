/** Whether callers of one version can go on with another. */
import { breakingChanges, type Signature } from '@sheaf/inference';
import type { VersionRecord } from './registry-store.ts';

/** Why calls that name no version may not go from one to the other, a sentence; undefined: they may, or nobody knows what one of the two takes. */
export function successorProblem(name: string, before: VersionRecord, after: VersionRecord): string | undefined {
  const [known, wanted] = [signatureOf(before), signatureOf(after)];
  const [problem] = known && wanted ? breakingChanges(known, wanted) : [];
  if (problem === undefined) return undefined;
  return `"${name}" version ${after.version} does not take what callers of version ${before.version} send, or lacks what they read: ${problem}`;
}

/** As its trial has seen it, else as its manifest says. */
const signatureOf = ({ trial, manifest }: VersionRecord): Signature | undefined =>
  (trial?.['signature'] as Signature | undefined) ?? manifest.signature;
