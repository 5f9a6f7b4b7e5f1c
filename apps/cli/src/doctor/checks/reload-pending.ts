import { type Check, finding, some } from '../finding.ts';

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
  if (names.length === 0) return [];
  const todo = `sheaf restart --rolling --folder ${folder}; with sheaf up --watch it is taken up by itself`;
  return [finding('warning', `the folder holds other models than are served: ${some(names)}`, todo)];
};
