import type { Mesh } from '@sheaf/mesh';
import { type Command, readMeshOrFail, UsageError } from '../command.ts';
import { progressBar } from '../progress.ts';
import { type TriedModel, tryModels } from '../try-models.ts';

export const check: Command = {
  usage: 'check [folder]',
  summary: 'find every mistake in a mesh folder, and say which models are batched; starts no service',
  options: { 'no-run': { type: 'boolean' } },
  help: '  --no-run   only read the files: each model is otherwise loaded and run in a process that is thrown away',
  async run([folder], values) {
    const mesh = await readMeshOrFail(folder, console.log);
    if (values['no-run'] === true) tellNotices(mesh);
    else await checkModels(mesh);
    const { models, transforms, pipelines, services } = mesh;
    const counts = Object.entries({ model: models, transform: transforms, pipeline: pipelines, service: services });
    const told = counts.map(([noun, { length }]) => `${length} ${noun}${length === 1 ? '' : 's'}`);
    console.log(`no mistakes: ${told.join(', ')}`);
  },
};

/** What the files say; whoever runs the models says it too. */
function tellNotices({ models }: Mesh): void {
  for (const { name, versions } of models)
    for (const { version, notices } of versions)
      if (notices.length > 0) console.log(`models/${name}/${version}: ${notices.join('; ')}`);
}

async function checkModels(mesh: Mesh): Promise<void> {
  const failures: string[] = [];
  const bar = progressBar(
    'models tried',
    mesh.models.reduce((total, { versions }) => total + versions.length, 0),
  );
  const onTried = ({ model, version, outcome, failed }: TriedModel): void => {
    const line = `models/${model}/${version}: ${outcome}`;
    if (failed) failures.push(line);
    else bar.log(line);
    bar.tick();
  };
  await tryModels(mesh, onTried).finally(() => bar.end());
  if (failures.length === 0) return;
  const count = failures.length === 1 ? '1 model' : `${failures.length} models`;
  throw new UsageError([...failures, `${count} in ${mesh.folder} cannot be served`].join('\n'));
}
