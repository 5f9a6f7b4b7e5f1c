import { registryCommand } from '../registry/command.ts';

export const pipelines = registryCommand('pipeline');
