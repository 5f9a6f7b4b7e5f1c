/** What policies.yaml says of API keys, for whoever makes one without a gateway. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InferError } from '@sheaf/inference';
import { parsePolicies } from '@sheaf/policies';
import { formatProblem, type MeshProblem } from '../problem.ts';
import { readYaml } from '../yaml-file.ts';

const file = 'policies.yaml';

/** The most days that a key of this folder may count; undefined: as many as it likes. Throws FAILED_PRECONDITION for a file that nobody can read. */
export async function readKeyDaysMax(folder: string): Promise<number | undefined> {
  const path = join(folder, file);
  if (!(await stat(path).catch(() => undefined))) return undefined;
  const problems: MeshProblem[] = [];
  const yaml = await readYaml(path, file, problems);
  if (yaml) {
    const { spec, problems: found } = parsePolicies(yaml.value);
    if (spec) return spec.identity.keyDaysMax;
    for (const { path: place, message } of found) problems.push(yaml.place(place, message));
  }
  const why = problems.map(formatProblem).join('\n');
  throw new InferError('FAILED_PRECONDITION', `how long a key may count cannot be told: ${why}`);
}
