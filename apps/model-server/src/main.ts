/** One process is one service: its models or its transforms, behind a server. */
import {
  checkExposure,
  countInFlight,
  drainOnSignal,
  endProcess,
  type Handover,
  handedOver,
  logJournal,
  main,
  openLog,
  report,
  unservedName,
} from '@sheaf/host';
import {
  bytesInFlightMin,
  InferError,
  innerLimits,
  isLoopback,
  type Limits,
  log,
  type Overrun,
  stack,
} from '@sheaf/inference';
import { enforceDeadline, explainOnRequest, refuseDryRun } from '@sheaf/layers';
import type { Mesh } from '@sheaf/mesh';
import { contentDigest } from '@sheaf/mesh/content';
import { residentBytes } from '@sheaf/runtime';
import { createTracing } from '@sheaf/telemetry';
import { BytesInFlight, createServer, hostPort, mutualTls, readSecret, type Server } from '@sheaf/transport';
import { readArguments } from './arguments.ts';
import { connectGateways } from './gateways.ts';
import { limitMemory } from './memory-limit.ts';
import { prepareMetrics } from './metrics.ts';
import { type OpenService, openService } from './open-service.ts';

/** Gateways watch the health of a service, so that they hear of it at once. */
const serviceNoticeMs = 250;

/** Reads what of the folder can be served: whoever starts a service by itself has checked the folder before. */
async function readServable(folder: string): Promise<Handover<Mesh>> {
  // Loaded when it is needed: a supervisor hands over what it has read, and reading takes more modules than all the rest.
  const { formatProblem, readMesh } = await import('@sheaf/mesh');
  const { servable, problems } = await readMesh(folder);
  if (!servable) throw new InferError('FAILED_PRECONDITION', problems.map(formatProblem).join('\n'));
  const { secret } = servable;
  return { what: servable, secret: secret && readSecret('the secret of the mesh', secret) };
}

/** A service that may take less memory than others gives a quarter of that to messages, where one has room in it. */
const bytesInFlightOf = (
  { bytesInFlightMax, messageBytesMax }: Limits,
  memoryMaxBytes = Number.POSITIVE_INFINITY,
): number => Math.min(bytesInFlightMax, Math.max(memoryMaxBytes / 4, bytesInFlightMin(messageBytesMax)));

await main(async () => {
  const { folder, service: name, host, port, gateways: targets, ...asked } = readArguments();
  await openLog(name);
  const handover = await (asked.isHandedOver ? handedOver<Mesh>() : readServable(folder));
  const { what: mesh, secret, exporter } = handover;
  const isTls = mesh.tls !== undefined;
  checkExposure({ name: `service ${name}`, host, isLoopback: isLoopback(host), isTls, secret, ...asked });
  const limits = innerLimits(mesh.limits);
  const tracing = await createTracing(`sheaf-${name}`, exporter);
  const gateways = connectGateways(targets, mesh, { limits, secret });
  const counting = prepareMetrics(mesh);
  const onOverrun = (overrun: Overrun): void => server.tellOverrun(overrun);
  const service = await openService(mesh, name, gateways.infer, onOverrun, counting?.onRun);
  const own = mesh.services.find((candidate) => candidate.name === name);
  const bytes = new BytesInFlight(bytesInFlightOf(limits, own?.memoryMaxBytes));
  countInFlight(() => bytes.used);
  const standing: Server['standing'] = () => server.standing();
  const metrics = await counting?.open({ name, service, bytes, spans: tracing.counts, standing, exporter });
  const server = await createServer(
    { name, host, port, limits, bytes, mesh: true, tls: mesh.tls && mutualTls(mesh.tls), secret },
    {
      ...service,
      infer: stack([explainOnRequest, refuseDryRun, enforceDeadline(`service ${name}`)], service.infer),
      contentDigest: own && contentDigest(mesh, own),
      snapshot: () => ({ epoch: 1 }),
      ...(metrics && { metrics: metrics.metrics, statistics: metrics.statistics }),
      onJournal: (journal) => {
        tracing.onJournal(journal);
        metrics?.onJournal(journal);
        logJournal(journal);
      },
      onKept: tracing.keep,
      sample: tracing.sampleInner,
    },
  );
  if (own?.memoryMaxBytes !== undefined) endBeyond(own.memoryMaxBytes, name, service, server);
  drainOnSignal({
    server,
    noticeMs: serviceNoticeMs,
    graceMs: () => limits.deadlineMaxMs,
    tracing,
    onDraining: service.shedForDrain,
    close: async () => {
      gateways.close();
      await metrics?.close();
      await service.close();
    },
  });
  server.open();
  const asks = isTls || secret !== undefined ? '' : '; whoever reaches it may ask';
  tellReady(service, server.port, `${name} is ready on ${hostPort(host, server.port)}${asks}`);
}, residentBytes);

function endBeyond(maxBytes: number, service: string, { abandon }: OpenService, server: Server): void {
  limitMemory({
    service,
    maxBytes,
    abandon,
    end: (why) => {
      // Nobody is to send it anything in its last moments.
      void server.announceEnd(0);
      endProcess(why);
    },
  });
}

function tellReady({ unserved, notices, seen }: OpenService, port: number, line: string): void {
  for (const notice of notices) report({ kind: 'notice', line: notice }, notice);
  // A supervisor tells it, unless it gives the start up for it.
  for (const one of process.send ? [] : unserved)
    log('model.out', `${unservedName(one)} is out: ${one.why}`, { model: one.name, version: one.version });
  report({ kind: 'ready', port, unserved, seen }, line);
}
