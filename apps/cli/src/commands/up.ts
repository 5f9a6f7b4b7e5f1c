import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { isLogFormat, type LogFormat, logFormats, openLog } from '@sheaf/host';
import { log, type OnEvent } from '@sheaf/inference';
import { type Mesh, readMesh, threadsLine } from '@sheaf/mesh';
import {
  askStatus,
  followMesh,
  openControl,
  type RunningMesh,
  readTried,
  snapshotOf,
  startMesh,
  stopOnSignal,
  watchMesh,
} from '@sheaf/supervisor';
import { hostPort } from '@sheaf/transport';
import { type Command, integerOf, type OptionValues, textOf, UsageError } from '../command.ts';
import { loginName, withState } from '../folder-state.ts';
import { programs } from '../programs.ts';
import { readServableOrFail, wholeOrFail } from '../read-mesh.ts';
import { followedRegistry, openFollower } from '../registry/follow.ts';

const auditDetailMax = 4_096;

const onEvent: OnEvent = (line, event, fields) => log(event, line, fields);

export const up: Command = {
  usage: 'up [folder]',
  summary: 'run a mesh folder until Ctrl-C',
  options: {
    port: { type: 'string' },
    log: { type: 'string' },
    watch: { type: 'boolean' },
    strict: { type: 'boolean' },
    'model-control': { type: 'string' },
  },
  help: `  --port <n>   of the gateway, instead of the one in mesh.yaml (8001 unless it says otherwise); 0 takes a free one
  --watch      take up models, pipelines and transforms that change, without losing a call; what is broken is told, and
               goes on as it was before
  --strict     serve all of the folder or nothing; else what is broken, or does not start, is told and left out
  --model-control <how>
               registry: what the registry of the mesh says is served beside the folder, and followed; none: the folder alone.
               Default: registry where mesh.yaml has a registry
  --log <how>  text (sentences, unless told otherwise) or json: standard output is then one line of JSON for each event of
               every process; the variable SHEAF_LOG says the same`,
  async run([folder], values) {
    const format = formatOf(values['log']);
    await openLog('sheaf', format);
    if (format === 'text') return runMesh(folder, values);
    await runMesh(folder, values).catch((error: Error) => {
      log('mesh.failed', error.message);
      process.exitCode = failedExit;
    });
  },
};

/** As any command that failed. */
const failedExit = 2;

function formatOf(given: OptionValues[string]): LogFormat {
  const format = textOf(given) ?? (process.env['SHEAF_LOG'] || 'text');
  if (!isLogFormat(format)) throw new UsageError(`--log, SHEAF_LOG: want ${logFormats.join(' or ')}, got "${format}"`);
  return format;
}

async function runMesh(folder: string | undefined, values: OptionValues): Promise<void> {
  const port = integerOf('port', values['port'], 0, 65_535);
  const isStrict = values['strict'] === true;
  const seen = await snapshotOf(folder ?? '.');
  const place = await followedRegistry(folder, textOf(values['model-control']));
  // Another port is for another mesh beside it.
  if (port === undefined) await checkIsDown(resolve(folder ?? '.'));
  const aborter = new AbortController();
  const follower = place && (await openFollower(resolve(folder ?? '.'), place, onEvent));
  await follower?.prepare(aborter.signal);
  const follow = follower !== undefined;
  const mesh = await (isStrict ? readStrictly : readServableOrFail)(folder, onEvent, { follow });
  const drained = Promise.withResolvers<void>();
  const started = Promise.withResolvers<RunningMesh>();
  const control = openControl(mesh, started.promise, {
    onEvent,
    onRestart: (names) => auditRestart(mesh.folder, names),
    registry: () => follower?.status(),
  });
  const stop = stopOnSignal(started.promise, {
    close: async () => {
      await Promise.all([(await control)?.close(), follower?.close()]);
    },
    abort: () => aborter.abort(),
  });
  // Another command that would start the mesh at the same time hears of this one.
  const opened = await control;
  const starting = startMesh(mesh, {
    programs,
    onEvent,
    onDrained: drained.resolve,
    signal: aborter.signal,
    isStrict,
    ...(port === undefined ? {} : { port }),
  });
  starting.then(started.resolve, started.reject);
  const running = await starting.catch(async (error: unknown) => {
    await Promise.all([opened?.close(), follower?.close()]);
    throw error;
  });
  void drained.promise.then(() => {
    log('mesh.drained', 'the gateway was drained; the mesh ends');
    stop();
  });
  const threads = threadsLine(mesh, availableParallelism());
  if (threads) log('mesh.threads', threads);
  if (follower) followMesh(running, follower);
  if (values['watch']) watchMesh(mesh, running, { onEvent, isStrict, seen });
  const protocol = mesh.gateway.tls ? 'gRPC over TLS' : 'gRPC';
  const addresses = running.gateways.map((gateway) => hostPort(mesh.gateway.host, gateway.port));
  log('mesh.up', `the mesh is up: ${protocol} on ${addresses.join(', ')}; Ctrl-C ends it`, { addresses });
}

/** Reads as `check` does, where a pipeline does not fit what the files of its models declare. */
async function readStrictly(folder = '.', tell: OnEvent, options: Parameters<typeof readMesh>[1]): Promise<Mesh> {
  const reading = await readMesh(folder, options);
  return wholeOrFail(folder, reading.mesh ? reading : await readTried(folder, () => {}), tell);
}

/** Only the mesh's own user can ask for a restart. */
const auditRestart = (folder: string, names: readonly string[]): Promise<unknown> =>
  withState(folder, ({ audit }) => {
    const detail = names.join(', ').slice(0, auditDetailMax);
    return audit.append({ at: Date.now(), actor: loginName(), action: 'restart', subject: 'mesh', detail });
  });

async function checkIsDown(folder: string): Promise<void> {
  const status = await askStatus(folder);
  if (!status) return;
  const another = '--port <n> starts another one beside it';
  if (status === 'silent') throw new UsageError(`the mesh of ${folder} is up already, and does not answer; ${another}`);
  const { pid, addresses } = status;
  const state = addresses.length > 0 ? `up already, on ${addresses.join(', ')}` : 'starting already';
  throw new UsageError(
    `the mesh of ${folder} is ${state}, pid ${pid}; Ctrl-C there or "kill ${pid}" ends it; ${another}`,
  );
}
