import { registryCommand } from '../registry/command.ts';

export const models = registryCommand('model');
