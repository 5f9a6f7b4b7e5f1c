import type { Mesh, Model, Service } from '../mesh.ts';

/** On fewer, the gateway and what else there is would get in the way of a run that takes several. */
const coresMin = 4;
/** Of the machine's CPUs, for the runs of a model that has it to itself: as many as ONNX Runtime takes where two of them are one core. */
const ownShare = 0.5;

const isOwn = ({ endpoint, models }: Service): boolean => !endpoint && models.length > 0;

/** Whether a mesh runs no other model on this machine, and one call of it at a time. */
function hasMachine({ versions, instances }: Model, { services }: Mesh): boolean {
  const [service, ...others] = services.filter(isOwn);
  const isOne = others.length === 0 && service?.models.length === 1 && service.replicas === 1;
  return isOne && versions.length === 1 && instances === 1;
}

/**
 * Threads of each run of a model: what its model.yaml says; else the `cpus` of its service, shared out among its instances. Where neither is told, half of
 * the machine for the only model of a mesh on a machine of four CPUs or more, and else one, since models that each believe they own the machine are slower.
 * `cores`: as many as this process may use.
 */
export function runThreads(model: Model, mesh: Mesh, cores: number): number {
  const { intraOpThreads, instances, name } = model;
  if (intraOpThreads !== undefined) return intraOpThreads;
  const cpus = mesh.services.find(({ models }) => models.includes(name))?.cpus;
  if (cpus !== undefined) return Math.max(1, Math.floor(cpus / instances));
  return cores >= coresMin && hasMachine(model, mesh) ? Math.floor(cores * ownShare) : 1;
}

/** What a start tells of that, where there is more to be had than nobody asked for; undefined where there is not. */
export function threadsLine(mesh: Mesh, cores: number): string | undefined {
  if (cores < coresMin) return undefined;
  const unset = mesh.models.filter(
    ({ name, intraOpThreads }) =>
      intraOpThreads === undefined &&
      mesh.services.some(({ models, endpoint, cpus }) => !endpoint && cpus === undefined && models.includes(name)),
  );
  const [first, ...others] = unset;
  if (!first) return undefined;
  const threads = runThreads(first, mesh, cores);
  const told = 'intraOpThreads in its model.yaml, or cpus of its service in mesh.yaml, changes that';
  if (threads > 1)
    return `a run of "${first.name}" takes ${threads} of ${cores} CPUs, as it is the only model; ${told}`;
  const who = others.length === 0 ? `"${first.name}"` : `each of ${unset.length} models`;
  return `a run of ${who} takes 1 of ${cores} CPUs; ${told}`;
}
