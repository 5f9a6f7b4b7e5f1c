/** The model repository extension: what there is, and what of it is served. */
import { InferError, invalidField, type Limits } from '@sheaf/inference';
import type { RepositoryIndexResponse } from '../generated/inference/RepositoryIndexResponse.ts';
import { checkName } from '../wire/check-name.ts';
import type { Repository } from './backend.ts';
import type { ServerMethod } from './grpc/methods.ts';
import type { ServerCall } from './grpc/server-call.ts';
import type { CreateMethod } from './inference-method.ts';

export const repositoryExtensions = ['model_repository', 'model_repository(unload_dependents)'] as const;

interface IndexRequest {
  readonly repositoryName: string;
  readonly ready: boolean;
}

/** One of the values that a parameter may have; the others are absent. */
interface RepositoryParameter {
  readonly boolParam?: boolean;
}

interface ControlRequest {
  readonly repositoryName: string;
  readonly modelName: string;
  readonly parameters: Readonly<Record<string, RepositoryParameter>>;
}

const dependents = 'unload_dependents';

export function repositoryMethods(
  method: CreateMethod,
  repository: Repository,
  limits: Limits,
): readonly ServerMethod[] {
  const checked = ({ repositoryName, modelName }: ControlRequest, { facts }: ServerCall): void => {
    checkRepository(repositoryName);
    checkName('model_name', modelName, limits);
    Object.assign(facts, { model: modelName });
  };
  return [
    method<IndexRequest, RepositoryIndexResponse>('RepositoryIndex', ({ repositoryName, ready }, { principal }) => {
      checkRepository(repositoryName);
      return { models: repository.index(principal).filter(({ state }) => !ready || state === 'READY') };
    }),
    method<ControlRequest, object>('RepositoryModelLoad', async (request, call) => {
      checked(request, call);
      checkLoadParameters(request.parameters);
      await repository.load(request.modelName, call.principal);
      return { modelName: request.modelName, isLoaded: true };
    }),
    method<ControlRequest, object>('RepositoryModelUnload', async (request, call) => {
      checked(request, call);
      await repository.unload(request.modelName, withDependents(request.parameters), call.principal);
      return { modelName: request.modelName, isUnloaded: true };
    }),
  ];
}

function checkRepository(name: string): void {
  if (name === '') return;
  throw new InferError('UNIMPLEMENTED', 'repository_name: want none, since there is one repository');
}

/** What Triton takes here would be a model that lies nowhere. */
function checkLoadParameters(parameters: ControlRequest['parameters']): void {
  for (const key of Object.keys(parameters)) {
    if (key === 'config' || key.startsWith('file:'))
      throw new InferError(
        'UNIMPLEMENTED',
        `parameters["${key.slice(0, 128)}"]: a model is loaded as it lies in the folder`,
      );
    throw unknown(key);
  }
}

function withDependents(parameters: ControlRequest['parameters']): boolean {
  const other = Object.keys(parameters).find((key) => key !== dependents);
  if (other !== undefined) throw unknown(other);
  const value = parameters[dependents];
  if (value === undefined) return false;
  if (typeof value.boolParam !== 'boolean') throw invalidField(`parameters["${dependents}"]`, 'want a bool');
  return value.boolParam;
}

const unknown = (key: string): InferError =>
  invalidField(`parameters["${key.slice(0, 128)}"]`, 'there is no such parameter');
