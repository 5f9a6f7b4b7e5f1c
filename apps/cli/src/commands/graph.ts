import { toMermaid } from '@sheaf/pipeline';
import { type Command, readMeshOrFail, UsageError } from '../command.ts';

export const graph: Command = {
  usage: 'graph <pipeline> [folder]',
  summary: 'print a pipeline as a Mermaid diagram',
  options: {},
  async run([name, folder]) {
    if (!name) throw new UsageError(`usage: sheaf ${graph.usage}`);
    const { pipelines } = await readMeshOrFail(folder);
    const found = pipelines.find(({ spec }) => spec.pipeline === name);
    const known = pipelines.map(({ spec }) => spec.pipeline).join(', ') || 'none';
    if (!found) throw new UsageError(`there is no pipeline "${name}"; the pipelines are ${known}`);
    console.log(toMermaid(found.spec));
  },
};
