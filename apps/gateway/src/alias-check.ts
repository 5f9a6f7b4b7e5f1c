/** Whether pipelines that have been checked stand by other aliases too. */
import { type Aliases, movedAliases, type Signature } from '@sheaf/inference';
import type { Mesh } from '@sheaf/mesh';
import type { Target } from '@sheaf/pipeline';

/**
 * Answers true where nothing but models has moved, to versions that take and give the same. `signatureOf` knows models by their versions; it is asked once for
 * each.
 */
export function createAliasCheck(
  pipelines: Mesh['pipelines'],
  signatureOf: (target: Target) => Signature | undefined,
): (before: Aliases, next: Aliases) => boolean {
  const names = new Set(pipelines.map(({ spec }) => spec.pipeline));
  const shapes = new Map<string, string | undefined>();
  const shapeOf = (name: string, version: string | undefined): string | undefined => {
    if (version === undefined) return undefined;
    const id = `${name}/${version}`;
    if (!shapes.has(id)) shapes.set(id, textOf(signatureOf({ kind: 'model', name, version })));
    return shapes.get(id);
  };
  return (before, next) =>
    [...movedAliases(before, next)].every(
      ([name, aliases]) =>
        !names.has(name) &&
        aliases.every((alias) => {
          const shape = shapeOf(name, before.get(name)?.get(alias));
          return shape !== undefined && shape === shapeOf(name, next.get(name)?.get(alias));
        }),
    );
}

const textOf = (signature: Signature | undefined): string | undefined =>
  signature && JSON.stringify([signature.inputs, signature.outputs]);
