/** Does what waits for later: takes jobs, asks the gateways of the mesh, and commits what came of them. */
import { hostname } from 'node:os';
import { checkExposure, countInFlight, drainOnSignal, main, openLog, report } from '@sheaf/host';
import { innerLimits } from '@sheaf/inference';
import { openContents, openWork, type Work } from '@sheaf/jobs';
import { createTracing, type Exporter, type Tracing } from '@sheaf/telemetry';
import { BytesInFlight, createServer, mutualTls, type Server } from '@sheaf/transport';
import { connectGateways } from './gateways.ts';
import { nothingToInfer } from './idle-backend.ts';
import { openLanes } from './lanes.ts';
import { openWorkerMetrics } from './metrics.ts';
import { watchOwnBatches } from './own-batches/own-batches.ts';
import { createPace } from './pace.ts';
import { readArguments, readTask, type Task, type WorkerArguments } from './task.ts';

/** What is under way gets so long to end when the worker does; then it is given back. Milliseconds. */
const graceMs = 2_000;
const host = '127.0.0.1';

await main(async () => {
  const line = readArguments();
  await openLog('worker');
  const { what: task, secret, exporter } = await readTask(line);
  Object.assign(process.env, task.variables);
  checkExposure({
    ...{ name: 'the worker', host, isLoopback: true, isTls: task.tls !== undefined, secret },
    ...{ isOpen: line.isOpen, isInsecure: false },
  });
  const work = await openWork(task.folder, { databaseUrl: process.env['DATABASE_URL'] });
  const tracing = await createTracing('sheaf-worker', exporter);
  await serve({ line, task, secret, work, tracing, exporter });
});

interface Worker {
  readonly line: WorkerArguments;
  readonly task: Task;
  readonly secret: string | undefined;
  readonly work: Work;
  readonly tracing: Tracing;
  /** Variables of OpenTelemetry that are not in the environment. */
  readonly exporter: Exporter | undefined;
}

/** Works until it is told to end. */
async function serve({ line, task, secret, work, tracing, exporter }: Worker): Promise<void> {
  const { limits, tls, jobs } = task;
  const pace = createPace({ callsMax: jobs.callsMax });
  const bytes = new BytesInFlight(limits.bytesInFlightMax);
  countInFlight(() => bytes.used);
  const standing: Server['standing'] = () => server.standing();
  const counted = { pace, bytes, spans: tracing.counts, standing, exporter };
  const metrics = task.metrics === false ? undefined : await openWorkerMetrics(counted);
  const gateways = connectGateways(line.gateways, task, {
    secret,
    onLoad: pace.heard,
    onReady: () => lanes.wake(),
  });
  const lanes = openLanes({
    ...{
      task,
      work,
      gateways,
      pace,
      tracing,
      contents: openContents(task.folder),
      onEnded: metrics?.onEnded ?? (() => {}),
    },
    worker: `${hostname()}/${process.pid}`,
  });
  const server: Server = await createServer(
    {
      name: 'worker',
      host,
      port: line.port,
      limits: innerLimits(limits),
      bytes,
      mesh: true,
      tls: tls && mutualTls(tls),
      secret,
    },
    { ...nothingToInfer, onJournal: tracing.onJournal, ...(metrics && { metrics: metrics.tell }) },
  );
  let endOwnBatches = (): void => {};
  drainOnSignal({
    server,
    noticeMs: 0,
    graceMs: () => graceMs,
    tracing,
    onDraining: () => {
      endOwnBatches();
      lanes.stop();
    },
    close: async () => {
      await lanes.drain(graceMs);
      gateways.close();
      await Promise.all([metrics?.close(), work.close()]);
    },
  });
  server.open();
  lanes.wake();
  endOwnBatches = watchOwnBatches({ folder: task.folder, work, gateways });
  report({ kind: 'ready', port: server.port }, 'the worker is ready');
}
