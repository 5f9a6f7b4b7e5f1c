/** The public door: models and pipelines alike, by name. */
import { parseArgs } from 'node:util';
import { createTracing, drainOnSignal, main, onReload, report } from '@sheaf/host';
import { InferError, stack } from '@sheaf/inference';
import { enforceDeadline, explainOnRequest } from '@sheaf/layers';
import { formatProblem, type Mesh, readMesh } from '@sheaf/mesh';
import { createDoor, mutualTls } from '@sheaf/transport';
import { type Catalog, openCatalog } from './catalog.ts';
import { type Generation, LiveCatalog } from './live-catalog.ts';
import { openServices } from './services.ts';

const usage =
  'usage: gateway <mesh folder> [--host <host>] [--port <port>] [--inner-port <port>] --endpoint <service>=<target> ...';

const innerHost = '127.0.0.1';
/** By then the public door has answered its calls, so nobody asks in here. */
const innerGraceMs = 1_000;

/** What a reload serves from now on. */
interface Served {
  readonly mesh: Mesh;
  readonly endpoints: readonly string[];
}

async function openGeneration({ mesh, endpoints }: Served, times?: Catalog['times']): Promise<Generation> {
  const services = openServices(mesh, endpoints);
  try {
    const [catalog] = await Promise.all([openCatalog(mesh, services, times), services.asked]);
    return { catalog, close: () => services.close() };
  } catch (error) {
    services.close();
    throw error;
  }
}

await main(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      host: { type: 'string' },
      port: { type: 'string' },
      'inner-port': { type: 'string' },
      endpoint: { type: 'string', multiple: true, default: [] },
    },
  });
  const [folder] = positionals;
  if (!folder) throw new InferError('INVALID_ARGUMENT', usage);
  const { mesh, problems } = await readMesh(folder);
  if (!mesh) throw new InferError('FAILED_PRECONDITION', problems.map(formatProblem).join('\n'));

  const tracing = await createTracing('sheaf-gateway');
  const catalog = new LiveCatalog(await openGeneration({ mesh, endpoints: values.endpoint }));
  const infer = stack(
    [
      // Sees the whole path, hence before everything that may be on it.
      explainOnRequest,
      // Outermost of what may take time: whatever hangs below, the caller has its answer at the deadline.
      enforceDeadline('the gateway'),
    ],
    catalog.infer,
  );
  const { describe, isReady, names, snapshot } = catalog;
  const host = values.host ?? mesh.gateway.host;
  const port = Number(values.port ?? mesh.gateway.port);
  const door = await createDoor(
    { name: 'gateway', host, port, limits: mesh.limits, tls: mesh.gateway.tls },
    { infer, describe, isReady, names, snapshot, onJournal: tracing.onJournal },
  );
  // Calls from inside a graph: already admitted, so they enter below all that the public door does but the deadline. Never reachable from outside.
  const inner =
    values['inner-port'] === undefined
      ? undefined
      : await createDoor(
          {
            name: 'gateway',
            host: innerHost,
            port: Number(values['inner-port']),
            limits: mesh.limits,
            mesh: true,
            tls: mesh.tls && mutualTls(mesh.tls),
          },
          { infer, describe, isReady, names, snapshot, onJournal: tracing.onJournal },
        );
  onReload<Served>(async (served) => {
    const replaced = catalog.replace(await openGeneration(served, catalog.times));
    inner?.open();
    door.open();
    await replaced;
  });
  drainOnSignal(door, tracing, async () => {
    await inner?.close(innerGraceMs);
    catalog.close();
  });
  inner?.open();
  door.open();
  report({ kind: 'ready', port: door.port }, `the gateway is ready on ${host}:${door.port}`);
});
