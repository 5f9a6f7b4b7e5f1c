import { pipelineFinder, pipelineName, toMermaid, toSvg } from '@sheaf/pipeline';
import { type Command, textOf, UsageError, writeOrFail } from '../command.ts';
import { readMeshOrFail } from '../read-mesh.ts';

export const graph: Command = {
  usage: 'graph <pipeline>[/<version>] [folder]',
  summary: 'print a pipeline as a Mermaid diagram, or draw it',
  options: { svg: { type: 'string' } },
  help: '  --svg <out.svg>   a picture instead',
  async run([name, folder], values) {
    if (!name) throw new UsageError(`usage: sheaf ${graph.usage}`);
    const { pipelines, aliases } = await readMeshOrFail(folder);
    const specs = pipelines.map((pipeline) => pipeline.spec);
    const spec = pipelineFinder(specs, aliases)(pipelineName(name));
    const found = pipelines.find((pipeline) => pipeline.spec === spec);
    const known = pipelines.map(({ spec }) => spec.pipeline).join(', ') || 'none';
    if (!found) throw new UsageError(`there is no pipeline "${name}"; the pipelines are ${known}`);
    const file = textOf(values['svg']);
    if (file === undefined) return console.log(toMermaid(found.spec, found));
    await writeOrFail(file, toSvg(found.spec));
  },
};
