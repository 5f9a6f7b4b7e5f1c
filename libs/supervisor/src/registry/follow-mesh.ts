/** A mesh that runs as the mesh that follows a registry. */

import { isDeepStrictEqual } from 'node:util';
import type { Follower, FollowingMesh } from '@sheaf/follower';
import { unservedName } from '@sheaf/host';
import { type Mesh, readMesh, readView, transformName, transformsOf, withViewAliases } from '@sheaf/mesh';
import { servableOf } from '../mesh/read-next.ts';
import type { RunningMesh } from '../mesh/running-mesh.ts';

/** Has the mesh serve what its registry says from now on, until the follower is closed. */
export const followMesh = (running: RunningMesh, follower: Follower): void => follower.follow(followingMesh(running));

function followingMesh(running: RunningMesh): FollowingMesh {
  const takeUp = async (): Promise<void> => {
    await running.update(async () => {
      const { mesh: before, seen } = running;
      return servableOf(await readMesh(before.folder, { before, follow: true, seen }));
    });
    const { mesh } = running;
    const { view } = await readView(mesh.folder);
    if (!isDeepStrictEqual(withViewAliases(mesh.aliases, view), mesh.aliases))
      throw new Error(mesh.out.find(({ name }) => name === 'mesh.yaml')?.why ?? 'its aliases are not in force');
  };
  return {
    takeUp,
    steer: (view) => running.steer({ aliases: withViewAliases(running.mesh.aliases, view) }),
    whyOut: (kind, name, version) => whyOut(running, kind, name, String(version)),
  };
}

/** Why a version is not served, whoever is to blame. */
function whyOut(
  { mesh, unserved }: Pick<RunningMesh, 'mesh' | 'unserved'>,
  kind: 'model' | 'pipeline',
  name: string,
  version: string,
): string | undefined {
  const asked = [name, ...(kind === 'pipeline' ? transformsIn(mesh, name, version) : [])];
  const lost = unserved.find(
    (one) => asked.includes(one.name) && (one.name !== name || one.version === version || one.version === ''),
  );
  if (lost) return lost.name === name ? lost.why : `${unservedName(lost)} is out: ${lost.why}`;
  const isThere =
    kind === 'model'
      ? mesh.models.some((model) => model.name === name && model.versions.some((one) => one.version === version))
      : mesh.pipelines.some(({ spec }) => spec.pipeline === name && String(spec.version) === version);
  if (isThere) return undefined;
  const parts = mesh.out.filter((part) => part.kind === kind && part.name === name);
  const part = parts.find((one) => one.version === version) ?? parts.find((one) => one.version === undefined);
  return part?.why ?? 'it is not served';
}

const transformsIn = ({ pipelines }: Mesh, name: string, version: string): string[] =>
  pipelines
    .filter(({ spec }) => spec.pipeline === name && String(spec.version) === version)
    .flatMap(({ spec }) => transformsOf(spec).map(transformName));
