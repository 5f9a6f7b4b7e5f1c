/** The public door: models and pipelines alike, answered by the services of the mesh. */
import { parseArgs } from 'node:util';
import { createTracing, drainOnSignal, main, report } from '@sheaf/host';
import { InferError, stack } from '@sheaf/inference';
import { enforceDeadline, explainOnRequest } from '@sheaf/layers';
import { formatProblem, readMesh } from '@sheaf/mesh';
import { createDoor } from '@sheaf/transport';
import { openCatalog } from './catalog.ts';
import { openServices } from './services.ts';

const usage = 'usage: gateway <mesh folder> [--host <host>] [--port <port>] --endpoint <service>=<target> ...';

await main(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      host: { type: 'string' },
      port: { type: 'string' },
      endpoint: { type: 'string', multiple: true, default: [] },
    },
  });
  const [folder] = positionals;
  if (!folder) throw new InferError('INVALID_ARGUMENT', usage);
  const { mesh, problems } = await readMesh(folder);
  if (!mesh) throw new InferError('FAILED_PRECONDITION', problems.map(formatProblem).join('\n'));

  const tracing = await createTracing('sheaf-gateway');
  const services = openServices(mesh, values.endpoint);
  const catalog = await openCatalog(mesh, services);
  const infer = stack(
    [
      // Sees the whole path, hence before everything that may be on it.
      explainOnRequest,
      // Outermost of what may take time: whatever hangs below, the caller has its answer at the deadline.
      enforceDeadline('the gateway'),
    ],
    catalog.infer,
  );
  const host = values.host ?? mesh.gateway.host;
  const port = Number(values.port ?? mesh.gateway.port);
  const door = await createDoor(
    { name: 'gateway', host, port, limits: mesh.limits },
    { ...catalog, infer, onJournal: tracing.onJournal },
  );
  drainOnSignal(door, tracing, async () => services.close());
  door.open();
  report({ kind: 'ready', port: door.port }, `the gateway is ready on ${host}:${door.port}`);
});
