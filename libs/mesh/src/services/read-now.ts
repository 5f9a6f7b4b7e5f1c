/** Parts of mesh.yaml that are read each time they are asked for, so that a change is in force at once. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InferError } from '@sheaf/inference';
import type { SignatureTrust } from '@sheaf/signing';
import { defaultsOf } from '../language/common.ts';
import { type MeshGiven, meshDocument } from '../language/mesh-document.ts';
import { type PushesGiven, pushes, type TrialRules, trialRulesOf, trials } from '../language/pushes.ts';
import { formatProblem, type MeshProblem } from '../problem.ts';
import { type Place, readDocument, readYaml } from '../yaml-file.ts';
import { readSigning } from './read-signing.ts';

interface Now {
  readonly given: MeshGiven;
  readonly place: Place;
  readonly problems: MeshProblem[];
}

/** Throws FAILED_PRECONDITION where mesh.yaml is broken: nobody could tell what it wants. */
async function readNow<T>(folder: string, reason: string, of: (now: Now) => T | Promise<T>): Promise<T> {
  const file = join(folder, 'mesh.yaml');
  const problems: MeshProblem[] = [];
  const nowhere: Place = (path, message) => ({ file: 'mesh.yaml', line: undefined, path: path.join('.'), message });
  const isThere = (await stat(file).catch(() => undefined)) !== undefined;
  const yaml = isThere ? await readYaml(file, 'mesh.yaml', problems) : undefined;
  const given = (yaml && readDocument(yaml, meshDocument, problems)) ?? defaultsOf(meshDocument);
  const value = await of({ given, place: yaml?.place ?? nowhere, problems });
  const [first] = problems;
  if (!first) return value;
  throw new InferError(
    'FAILED_PRECONDITION',
    'mesh.yaml of the registry is broken, which says what is taken and whose signatures count',
    { reason, cause: formatProblem(first) },
  );
}

/** Whose signatures count for a mesh folder now: its keys are read anew too, so that one that was taken out counts no more. Throws FAILED_PRECONDITION where they are broken. */
export const signatureTrust = (folder: string): Promise<SignatureTrust> =>
  readNow(folder, 'SIGNATURE_TRUST_UNKNOWN', ({ given, place, problems }) =>
    readSigning({ place, folder, path: ['signing'], problems }, given.signing),
  );

/** How much a publisher may bring. Throws FAILED_PRECONDITION where mesh.yaml is broken. */
export const pushRules = (folder: string): Promise<PushesGiven> =>
  readNow(folder, 'PUSH_RULES_UNKNOWN', ({ given }) => given.pushes ?? defaultsOf(pushes));

/** What a trial makes of what it finds. Throws FAILED_PRECONDITION where mesh.yaml is broken. */
export const trialRules = (folder: string): Promise<TrialRules> =>
  readNow(folder, 'TRIAL_RULES_UNKNOWN', ({ given }) => trialRulesOf(given.trials ?? defaultsOf(trials)));
