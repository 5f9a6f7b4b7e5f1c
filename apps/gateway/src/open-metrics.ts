/** Shows the metrics of a gateway, with those of the services. */
import { logCounts, onLogCounts } from '@sheaf/host';
import { log } from '@sheaf/inference';
import { type MetricsPlace, metricsPlace } from '@sheaf/mesh';
import type { ResilienceState } from '@sheaf/outbound';
import {
  createScrape,
  type Exporter,
  openMetricsServer,
  type Registry,
  readProcess,
  type ScrapedProcess,
  sendMetrics,
  type Tracing,
} from '@sheaf/telemetry';
import { type BytesInFlight, hostPort, type Server } from '@sheaf/transport';
import type { AuditHeadPorts } from './audit-heads.ts';
import type { CommandLine } from './command-line.ts';
import { readGauges } from './gauges.ts';
import { createGatewayMetrics, type GatewayMetrics } from './metrics.ts';
import type { Revision } from './revision.ts';
import type { Revisions } from './revisions.ts';
import { createStatistics } from './statistics.ts';
import { followWorkers } from './workers.ts';

/** As much of a gateway as its metrics tell. */
export interface MeasuredGateway {
  /** Undefined: nothing is counted. */
  readonly registry: Registry | undefined;
  readonly line: Pick<CommandLine, 'isHandedOver' | 'metrics' | 'port' | 'number'>;
  readonly mesh: Revision['mesh'];
  /** What processes of the mesh want of whoever asks. */
  readonly secret: string | undefined;
  readonly revisions: Revisions;
  readonly resilienceState: ResilienceState;
  readonly state: { readonly isFresh: () => boolean };
  readonly work: { readonly refresh: () => Promise<void> };
  readonly tracing: Pick<Tracing, 'counts' | 'keptCounts'>;
  /** Variables of OpenTelemetry that are not in the environment. */
  readonly exporter: Exporter | undefined;
}

export interface OpenMetrics extends GatewayMetrics {
  /** Added to as they open, the public one first. */
  readonly servers: Server[];
  readonly statistics: ReturnType<typeof createStatistics>;
  /** A scrape of this gateway and of all services; those who ask meanwhile wait for the same one. */
  readonly text: () => Promise<Buffer>;
  /** Told of the end of the audit trail. */
  readonly heads: AuditHeadPorts;
  close(): Promise<void>;
}

/** Opened before the servers: where a port is written and somebody else has it, the gateway does not start. */
export async function openGatewayMetrics(
  gateway: MeasuredGateway,
  bytes: BytesInFlight,
): Promise<OpenMetrics | undefined> {
  const { registry, mesh, revisions, resilienceState, state, work, tracing, line, exporter } = gateway;
  if (!registry) return undefined;
  const servers: Server[] = [];
  const metrics = createGatewayMetrics(registry, { revisions, publicServer: () => servers[0] });
  const endProcess = readProcess({
    registry,
    version: '0.1.0',
    residentBytes: process.memoryUsage.rss,
    bytes: () => ({ used: bytes.used, limit: bytes.max }),
    standing: () => ({
      calls: servers.reduce((total, server) => total + server.standing().calls, 0),
      connections: servers[0]?.standing().connections ?? 0,
    }),
  });
  readResults(registry, tracing);
  const before = readGauges({
    registry,
    revisions,
    resilienceState,
    isFresh: state.isFresh,
    refreshWork: work.refresh,
  });
  const sender = await sendMetrics('sheaf-gateway', registry, { variables: exporter, before });
  const place = placeOf(line, mesh);
  const workers = followWorkers(mesh, gateway.secret);
  const processes = (): readonly ScrapedProcess[] => [...processesOf(revisions.current), ...workers.processes()];
  const gathered = createScrape({ registry, number: line.number, processes });
  const scrape: Gather = async (asked) => {
    await before();
    return gathered(asked);
  };
  const server = place && (await openServer(place, { registry, number: line.number, scrape }));
  return {
    ...metrics,
    servers,
    statistics: createStatistics(metrics, revisions),
    text: oneAtATime(async () => Buffer.concat([...(await scrape({ openmetrics: false, withServices: true }))])),
    heads: readHeads(registry),
    close: async () => {
      server?.close();
      workers.close();
      await sender.shutdown();
      endProcess();
    },
  };
}

/** What became of what this process tells of itself. */
function readResults(registry: Registry, { counts, keptCounts }: MeasuredGateway['tracing']): void {
  const read = (name: Parameters<Registry['read']>[0], countsNow: () => object): void =>
    registry.read(name, () => Object.entries(countsNow()).map(([result, count]) => [[result], count] as const));
  read('sheaf_log_lines_total', logCounts);
  // Of a gateway that was started by hand nobody tells.
  let ofSupervisor = {};
  onLogCounts((lines) => {
    ofSupervisor = lines;
  });
  read('sheaf_supervisor_log_lines_total', () => ofSupervisor);
  read('sheaf_trace_spans_total', counts);
  read('sheaf_kept_traces_total', keptCounts);
}

/** A supervisor has chosen; by hand each gateway is told its own port. */
function placeOf({ isHandedOver, metrics, port, number }: MeasuredGateway['line'], { gateway }: Revision['mesh']) {
  if (isHandedOver) return metrics;
  const own = port ?? gateway.port;
  return metricsPlace(gateway, own === 0 ? 0 : own - (number - 1), number - 1);
}

/** Without policies there is no trail, and nothing is told of one. */
function readHeads(registry: Registry): AuditHeadPorts {
  let sequence: number | undefined;
  let isIntact = true;
  registry.read('sheaf_audit_sequence', () => (sequence === undefined ? [] : [[[], sequence]]));
  registry.read('sheaf_audit_intact', () => (sequence === undefined && isIntact ? [] : [[[], isIntact ? 1 : 0]]));
  return {
    tell: (head) => {
      sequence = head.sequence;
    },
    alarm: () => {
      isIntact = false;
    },
  };
}

interface ServerPorts {
  readonly registry: Registry;
  /** Which of the mesh's gateways this is, from 1. */
  readonly number: number;
  readonly scrape: Gather;
}

type Gather = ReturnType<typeof createScrape>;

async function openServer({ host, port, isWritten }: MetricsPlace, { registry, number, scrape }: ServerPorts) {
  const refused = registry.counter('sheaf_scrapes_refused_total').of();
  const opening = openMetricsServer({
    host,
    port,
    // The first gateway of a mesh shows the services, so that no process is shown twice.
    scrape: (openmetrics) => scrape({ openmetrics, withServices: number === 1 }),
    onRefused: () => {
      refused.value++;
    },
  });
  try {
    const server = await opening;
    const url = `http://${hostPort(host, server.port)}/metrics`;
    log('metrics.served', `metrics: ${url}`, { url });
    return server;
  } catch (error) {
    if (isWritten) throw error;
    const why = error instanceof Error ? error.message : String(error);
    const instead = 'gateway: { metrics: { port: <port> } } in mesh.yaml chooses another';
    log('metrics.not-served', `${why}; calls are served without. ${instead}`, { port });
    return undefined;
  }
}

/** Of the services that are ours: somebody else's servers are scraped by whoever runs them. */
const processesOf = ({ services }: Revision): readonly ScrapedProcess[] =>
  services.all.flatMap(({ service, processes }) =>
    service.endpoint ? [] : processes().map((own, index) => ({ ...own, service: service.name, replica: index + 1 })),
  );

/** Who asks while it runs gets the same answer. */
function oneAtATime<T>(run: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  };
}
