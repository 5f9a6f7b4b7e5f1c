/** The state file of a mesh folder, whether the mesh runs or not. */
import { stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { openState, type State } from '@sheaf/store';
import { UsageError } from './command.ts';

const signs = ['mesh.yaml', 'policies.yaml', 'models', 'pipelines'];
const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Looks at less than `sheaf check` does: a key has to be revocable while something in the folder is broken. */
export async function checkMeshFolder(folder: string): Promise<void> {
  const found = await Promise.all(signs.map((name) => isThere(join(folder, name))));
  if (!found.some(Boolean)) throw new UsageError(`${folder}: want a mesh folder, found none`);
}

/** Whether the gateways of this folder ask for keys at all. */
export const hasPolicies = (folder: string): Promise<boolean> => isThere(join(folder, 'policies.yaml'));

export async function withState<T>(folder: string, task: (state: State) => Promise<T>): Promise<T> {
  await checkMeshFolder(folder);
  const state = await openState(folder);
  try {
    return await task(state);
  } finally {
    await state.close();
  }
}

/** Who is at the shell, for the audit trail. */
export function loginName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that no user has.
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
