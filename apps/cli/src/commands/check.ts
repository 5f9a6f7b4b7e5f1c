import { type Mesh, readMesh } from '@sheaf/mesh';
import { readTried, type TriedModel, tryMemory } from '@sheaf/supervisor';
import { progressBar } from '@sheaf/terminal';
import { type Command, UsageError } from '../command.ts';
import { programs } from '../programs.ts';
import { wholeOrFail, withTests } from '../read-mesh.ts';

/** Notes are part of the answer. */
const print = (line: string): void => console.log(line);

export const check: Command = {
  usage: 'check [folder]',
  summary: 'find every mistake in a mesh folder, its tests too, and say which models are batched; serves nothing',
  options: { 'no-run': { type: 'boolean' } },
  help: `  --no-run   only read the files; otherwise each model is loaded and run in a process that is thrown away, and so is each
             service whose memory is limited`,
  async run([folder = '.'], values) {
    const mesh = await (values['no-run'] === true ? readFiles(folder) : readAndRun(folder));
    const { models, transforms, pipelines, services } = mesh;
    const counts = Object.entries({ model: models, transform: transforms, pipeline: pipelines, service: services });
    const told = counts.map(([noun, { length }]) => `${length} ${noun}${length === 1 ? '' : 's'}`);
    console.log(`no mistakes: ${told.join(', ')}`);
  },
};

async function readFiles(folder: string): Promise<Mesh> {
  const mesh = wholeOrFail(folder, await withTests(folder, await readMesh(folder)), print);
  // Whoever runs the models says it too.
  for (const { name, versions } of mesh.models)
    for (const { version, notices } of versions)
      if (notices.length > 0) console.log(`models/${name}/${version}: ${notices.join('; ')}`);
  return mesh;
}

async function readAndRun(folder: string): Promise<Mesh> {
  const failures: string[] = [];
  let bar: ReturnType<typeof progressBar> | undefined;
  const onTried = ({ model, version, outcome, failed }: TriedModel, total: number): void => {
    bar ??= progressBar('models tried', total);
    const line = `models/${model}/${version}: ${outcome}`;
    if (failed) failures.push(line);
    else bar.log(line);
    bar.tick();
  };
  const reading = await readTried(folder, onTried).finally(() => bar?.end());
  if (failures.length > 0) {
    const count = failures.length === 1 ? '1 model' : `${failures.length} models`;
    throw new UsageError([...failures, `${count} in ${folder} cannot be served`].join('\n'));
  }
  const mesh = wholeOrFail(folder, await withTests(folder, reading), print);
  const unfit = await tryMemory(programs.modelServer, mesh);
  if (unfit.length > 0) throw new UsageError(unfit.join('\n'));
  return mesh;
}
