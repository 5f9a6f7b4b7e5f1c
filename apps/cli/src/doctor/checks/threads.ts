import { runThreads } from '@sheaf/mesh';
import { type Check, finding } from '../finding.ts';

/** Of each service by itself: not all of them run at once. */
export const threads: Check = ({ mesh, machine: { cores } }) => {
  if (!mesh) return [];
  return mesh.services
    .filter(({ endpoint }) => !endpoint)
    .flatMap(({ name, models, replicas }) => {
      const own = mesh.models.filter((model) => models.includes(model.name));
      const each = Math.max(0, ...own.map((model) => model.instances * runThreads(model, mesh, cores)));
      if (each * replicas <= cores) return [];
      const seen = `service ${name} runs ${each * replicas} threads at once (${replicas} processes of ${each}) on ${cores} CPUs`;
      const todo = `services: { ${name}: { replicas: ..., cpus: ... } } in mesh.yaml, or instances in model.yaml`;
      return [finding('warning', seen, todo)];
    });
};
