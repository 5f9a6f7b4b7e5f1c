import { type Command, readMeshOrFail } from '../command.ts';

export const check: Command = {
  usage: 'check [folder]',
  summary: 'find every mistake in a mesh folder; starts nothing',
  options: {},
  async run([folder]) {
    const { models, transforms, pipelines, services } = await readMeshOrFail(folder);
    const counts = Object.entries({ model: models, transform: transforms, pipeline: pipelines, service: services });
    const told = counts.map(([noun, { length }]) => `${length} ${noun}${length === 1 ? '' : 's'}`);
    console.log(`no mistakes: ${told.join(', ')}`);
  },
};
