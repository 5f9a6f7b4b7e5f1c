import { pipelineDigest, policiesDigest } from '@sheaf/mesh';
import { type Check, finding, some } from '../finding.ts';
import type { Gateway, Look } from '../look.ts';

type Configuration = Gateway['configuration'];

export const reloadPending: Check = ({ mesh, gateway, folder }) => {
  const served = gateway?.configuration.models;
  if (!mesh || !served) return [];
  const digestsOf = (name: string): string =>
    JSON.stringify(
      served
        .find((one) => one.name === name)
        ?.contents?.map(({ version, digest }) => [version, digest])
        .sort(),
    );
  const isPending = (
    name: string,
    versions: readonly { readonly version: string; readonly content: { readonly digest: string } }[],
  ) => digestsOf(name) !== JSON.stringify(versions.map(({ version, content }) => [version, content.digest]).sort());
  const changed = mesh.models.filter(({ name, versions }) => isPending(name, versions)).map(({ name }) => name);
  const gone = served.filter(({ name }) => !mesh.models.some((model) => model.name === name)).map(({ name }) => name);
  const names = [...changed, ...gone];
  const what = [
    ...(names.length > 0 ? [`other models than are served: ${some(names)}`] : []),
    ...otherPipelines(mesh, gateway.configuration),
    ...(policiesDigest(mesh) === (gateway.configuration.policies?.hash ?? 'none')
      ? []
      : ['other policies than are in force']),
  ];
  const todo = `sheaf restart --rolling --folder ${folder}; with sheaf up --watch it is taken up by itself`;
  return what.map((one) => finding('warning', `the folder holds ${one}`, todo));
};

function otherPipelines(mesh: NonNullable<Look['mesh']>, { pipelines, out }: Configuration): string[] {
  const key = (name: string, version: unknown): string => `${name}/${version}`;
  const served = new Map(pipelines.map(({ name, version, digest }) => [key(name, version), digest]));
  // That of the folder is told by another check.
  const isOut = (name: string): boolean => out.some(({ kind, name: other }) => kind === 'pipeline' && other === name);
  const own = new Map(
    mesh.pipelines.map((pipeline) => [
      key(pipeline.spec.pipeline, pipeline.spec.version),
      pipelineDigest(mesh, pipeline),
    ]),
  );
  // An older gateway tells no digests.
  const isOther = (id: string): boolean => {
    const digest = served.get(id);
    return !served.has(id) || (digest !== undefined && digest !== own.get(id)) || !own.has(id);
  };
  const names = [...new Set([...own.keys(), ...served.keys()])].filter(isOther);
  const told = names.filter((id) => !isOut(id.slice(0, id.lastIndexOf('/'))));
  return told.length > 0 ? [`other pipelines than are served: ${some(told)}`] : [];
}
