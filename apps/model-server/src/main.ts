/** One process is one service: its models or its transforms, behind a door. */
import { parseArgs } from 'node:util';
import {
  checkInnerDoor,
  countInFlight,
  createTracing,
  drainOnSignal,
  endProcess,
  type Handover,
  handedOver,
  main,
  report,
} from '@sheaf/host';
import {
  bytesInFlightMin,
  type Infer,
  InferError,
  innerLimits,
  isLoopback,
  type Limits,
  stack,
} from '@sheaf/inference';
import { enforceDeadline, explainOnRequest, refuseDryRun } from '@sheaf/layers';
import { contentDigest, formatProblem, type Mesh, readMesh } from '@sheaf/mesh';
import { residentBytes } from '@sheaf/runtime';
import { BytesInFlight, createRemote, createServer, hostPort, mutualTls, readSecret } from '@sheaf/transport';
import { limitMemory } from './memory-limit.ts';
import { openService } from './open-service.ts';

const usage =
  'usage: model-server <mesh folder> --service <name> [--host <host>] [--port <port>] [--gateway <target>] ... [--open] [--insecure]';

/** Gateways watch the health of a service, so that they hear of it at once. */
const serviceNoticeMs = 250;

const noGateway = async (): Promise<never> => {
  throw new InferError(
    'FAILED_PRECONDITION',
    'this service was started without --gateway; its transforms can ask nobody',
  );
};

/** What of the folder can be served: whoever starts a service by itself has checked the folder before. */
async function readServable(folder: string): Promise<Handover<Mesh>> {
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
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      service: { type: 'string' },
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '0' },
      // The inner door of each gateway, in the order of their numbers: transforms that infer ask there.
      gateway: { type: 'string', multiple: true, default: [] },
      // Whoever reaches the door may ask.
      open: { type: 'boolean', default: false },
      // It speaks plain text to other machines.
      insecure: { type: 'boolean', default: false },
      // The mesh comes from the supervisor: all of its processes are to be of one state of the folder.
      handover: { type: 'boolean', default: false },
    },
  });
  const [folder] = positionals;
  if (!folder || !values.service) throw new InferError('INVALID_ARGUMENT', usage);
  const handover = await (values.handover ? handedOver<Mesh>() : readServable(folder));
  const { what: mesh, secret, exporter } = handover;

  const { service: name, host } = values;
  checkInnerDoor({
    name: `service ${name}`,
    host,
    isLoopback: isLoopback(host),
    isTls: mesh.tls !== undefined,
    secret,
    isOpen: values.open,
    isInsecure: values.insecure,
  });
  const limits = innerLimits(mesh.limits);
  const tracing = await createTracing(`sheaf-${name}`, exporter);
  const gateways = values.gateway.map((target) =>
    createRemote(target, { service: 'gateway', limits, transport: 'stream', tls: mesh.tls, secret }),
  );
  // Where the call came from: the configuration that it is under is known there.
  const caller: Infer = async (request, context) => {
    const gateway = gateways[(context.snapshot.gateway || 1) - 1];
    return (gateway?.infer ?? noGateway)(request, context);
  };
  const service = await openService(mesh, name, caller, (overrun) => door.tellOverrun(overrun));
  const core = stack([explainOnRequest, refuseDryRun, enforceDeadline(`service ${name}`)], service.infer);
  const own = mesh.services.find((candidate) => candidate.name === name);
  const served = {
    ...service,
    infer: core,
    contentDigest: own && contentDigest(mesh, own),
    snapshot: () => ({ epoch: 1 }),
    onJournal: tracing.onJournal,
    sample: tracing.sampleInner,
  };
  const bytes = new BytesInFlight(bytesInFlightOf(limits, own?.memoryMaxBytes));
  countInFlight(() => bytes.used);
  const door = await createServer(
    {
      name,
      host,
      port: Number(values.port),
      limits,
      bytes,
      mesh: true,
      tls: mesh.tls && mutualTls(mesh.tls),
      secret,
    },
    served,
  );
  const maxBytes = own?.memoryMaxBytes;
  if (maxBytes !== undefined)
    limitMemory({
      service: name,
      maxBytes,
      abandon: service.abandon,
      end: (why) => {
        // Nobody is to send it anything in its last moments.
        void door.announceEnd(0);
        endProcess(why);
      },
    });
  drainOnSignal({
    door,
    noticeMs: serviceNoticeMs,
    graceMs: () => limits.deadlineMaxMs,
    tracing,
    onDraining: service.shedForDrain,
    close: async () => {
      for (const gateway of gateways) gateway.close();
      await service.close();
    },
  });
  door.open();
  const { unserved, notices, seen } = service;
  for (const line of notices) report({ kind: 'notice', line }, line);
  // A supervisor tells it, unless it gives the start up for it.
  for (const one of process.send ? [] : unserved) console.error(`model ${one.name}/${one.version} is out: ${one.why}`);
  const asks = mesh.tls || secret !== undefined ? '' : '; whoever reaches it may ask';
  report({ kind: 'ready', port: door.port, unserved, seen }, `${name} is ready on ${hostPort(host, door.port)}${asks}`);
}, residentBytes);
