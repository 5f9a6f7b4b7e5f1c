import { type Command, readMeshOrFail } from '../command.ts';

export const check: Command = {
  usage: 'check [folder]',
  summary: 'find every mistake in a mesh folder; starts nothing',
  options: {},
  async run([folder]) {
    const { models, transforms, pipelines, services } = await readMeshOrFail(folder);
    console.log(
      `no mistakes: ${models.length} models, ${transforms.length} transforms, ${pipelines.length} pipelines, ${services.length} services`,
    );
  },
};
