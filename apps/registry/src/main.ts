/** A registry as a process of its own. */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { createCallLog, drainOnSignal, main, openLog, report } from '@sheaf/host';
import { InferError, isLoopback } from '@sheaf/inference';
import { formatProblem, type Mesh, readMesh, signatureTrust, trialRules } from '@sheaf/mesh';
import { createRegistryService, createRolloutMover, moveRollouts, openRegistry, tellWebhooks } from '@sheaf/registry';
import { createTracing } from '@sheaf/telemetry';
import { createServer, hostPort } from '@sheaf/transport';
import { createJudge } from '@sheaf/trial';
import { openCallers } from './callers.ts';
import { nothingToInfer } from './no-models.ts';

const usage = 'usage: registry <folder> [--host <host>] [--port <port>]';
const portDefault = 8_100;
/** Longer than a file takes that is on its way. Milliseconds. */
const graceMs = 30_000;

await main(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { host: { type: 'string' }, port: { type: 'string' } },
  });
  const [folder] = positionals;
  const port = Number(values.port ?? portDefault);
  if (!folder || !Number.isInteger(port) || port < 0 || port > 65_535) throw new InferError('INVALID_ARGUMENT', usage);
  await openLog('registry');
  await serve(await readFolder(folder), values.host, port);
});

/** Of its folder only the files count that say who may call, and how. */
async function readFolder(folder: string): Promise<Mesh> {
  const { servable, problems } = await readMesh(folder, { follow: true });
  if (!servable) throw new InferError('FAILED_PRECONDITION', problems.map(formatProblem).join('\n'));
  return servable;
}

async function serve(mesh: Mesh, givenHost: string | undefined, port: number): Promise<void> {
  const { folder, policies, gateway, limits } = mesh;
  const host = givenHost ?? gateway.host;
  if (!policies && !isLoopback(host))
    throw new InferError(
      'FAILED_PRECONDITION',
      `${host} is not loopback: want a policies.yaml in the folder that says who may call`,
    );
  const tracing = await createTracing('sheaf-registry', undefined);
  const callers = await openCallers(folder, policies, () => server.open());
  const trust = () => signatureTrust(folder);
  const holder = randomUUID();
  const databaseUrl = process.env['DATABASE_URL'];
  const registry = await openRegistry(folder, { ...(databaseUrl && { databaseUrl }) });
  const callLog = createCallLog(() => policies);
  const server = await createServer(
    { name: 'registry', host, port, limits, tls: gateway.tls, connections: gateway },
    {
      ...nothingToInfer,
      onJournal: tracing.onJournal,
      calls: callLog.calls,
      admit: callers.admit,
      isWell: callers.isFresh,
      registry: createRegistryService({
        registry,
        judge: createJudge(registry, { policyNow: () => trialRules(folder) }),
        trust,
      }),
    },
  );
  const endWebhooks = tellWebhooks({ folder, registry: async () => registry, holder });
  const endRollouts = moveRollouts(createRolloutMover(registry, `registry ${holder}`, trust));
  drainOnSignal({
    server,
    noticeMs: gateway.noticeMs,
    graceMs: () => graceMs,
    tracing,
    close: async () => {
      await Promise.all([endWebhooks(), endRollouts()]);
      await Promise.all([registry.close(), callers.close(), callLog.close()]);
    },
  });
  server.open();
  report({ kind: 'ready', port: server.port }, `the registry is ready on ${hostPort(host, server.port)}`);
}
