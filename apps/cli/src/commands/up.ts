import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { isLogFormat, type LogFormat, logFormats, openLog } from '@sheaf/host';
import { log, type OnEvent } from '@sheaf/inference';
import { everything, type Mesh, namesIn, type ReadOptions, readMesh, snapshotOf, threadsLine } from '@sheaf/mesh';
import {
  askStatus,
  followMesh,
  openControl,
  type RunningMesh,
  readTried,
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
    'load-model': { type: 'string', multiple: true },
  },
  help: `  --port <n>   of the gateway, instead of the one in mesh.yaml (8001 unless it says otherwise); 0 takes a free one
  --watch      take up models, pipelines and transforms that change, without losing a call; what is broken is told, and
               goes on as it was before
  --strict     serve all of the folder or nothing; else what is broken, or does not start, is told and left out
  --model-control <how>
               registry: what the registry of the mesh says is served beside the folder, and followed; none: the folder alone;
               explicit: of the folder only what --load-model names, and what callers load by the model repository extension.
               Default: registry where mesh.yaml has a registry, else none
  --load-model <name>
               a model or pipeline, with all that it asks; may be given several times; * is all of them
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
  const loaded = loadedBy(values);
  const place = await followedRegistry(folder, textOf(values['model-control']));
  // Another port is for another mesh beside it.
  if (port === undefined) await checkIsDown(resolve(folder ?? '.'));
  const aborter = new AbortController();
  const follower = place && (await openFollower(resolve(folder ?? '.'), place, onEvent));
  await follower?.prepare(aborter.signal);
  const follow = follower !== undefined;
  const mesh = await (isStrict ? readStrictly : readServableOrFail)(folder, onEvent, { follow, loaded });
  checkNamed(mesh);
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

/** Answers the names that are loaded at the start; undefined: all of the folder, for good. */
function loadedBy(values: OptionValues): readonly string[] | undefined {
  const names = [values['load-model'] ?? []].flat().map(String);
  if (textOf(values['model-control']) === 'explicit') return names;
  if (names.length > 0) throw new UsageError('--load-model: want --model-control explicit with it');
  return undefined;
}

/** A name that is not there is a slip of the pen. */
function checkNamed(mesh: Mesh): void {
  const known = namesIn(mesh);
  const missing = mesh.loaded?.find((name) => name !== everything && !known.includes(name));
  if (missing !== undefined)
    throw new UsageError(
      `--load-model: there is no model or pipeline "${missing}"; there are ${known.toSorted().join(', ') || 'none'}`,
    );
}

/** Reads as `check` does, where a pipeline does not fit what the files of its models declare. */
async function readStrictly(folder = '.', tell: OnEvent, options: ReadOptions): Promise<Mesh> {
  const reading = await readMesh(folder, options);
  return wholeOrFail(folder, reading.mesh ? reading : await readTried(folder, () => {}, {}, options), tell);
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
