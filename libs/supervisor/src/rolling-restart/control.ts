/** Commands reach the mesh that runs from a folder on this machine by a local socket that only its user may open; a line of JSON goes each way. */

import { hash } from 'node:crypto';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { FollowerStatus } from '@sheaf/follower';
import type { OnEvent } from '@sheaf/inference';
import type { Mesh } from '@sheaf/mesh';
import type { RunningMesh } from '../mesh/running-mesh.ts';
import { partsToRestart, restartOneByOne } from './rolling-restart.ts';

type Request =
  /** Parts of the mesh; none: all. */
  { readonly kind: 'restart'; readonly names: readonly string[] } | { readonly kind: 'status' };

/** A process of the mesh. */
export interface ProcessStatus {
  readonly name: string;
  /** The id of the process that runs, or ran last. */
  readonly pid: number;
  readonly isReady: boolean;
  /** Why its first start failed, while it has not been ready. */
  readonly failure?: string | undefined;
  /** What it told of what it holds, such as why calls of a model are not batched. */
  readonly notices: readonly string[];
}

/** The mesh that runs from a folder. */
export interface MeshStatus {
  readonly kind: 'status';
  readonly pid: number;
  /** The addresses of its gateways; none while it starts. */
  readonly addresses: readonly string[];
  /** Gateways first; none while it starts. */
  readonly processes: readonly ProcessStatus[];
  /** How it stands to its registry; undefined where it follows none. */
  readonly registry?: FollowerStatus | undefined;
}

export type RestartReply =
  /** `left`: what a restart of all leaves as it is, the only gateway. */
  | { readonly kind: 'plan'; readonly names: readonly string[]; readonly left: readonly string[] }
  | { readonly kind: 'restarted'; readonly name: string }
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly message: string };

/** Paths of sockets are short: 104 bytes on macOS, 108 on Linux. */
const socketPathMax = 100;
const requestCharsMax = 65_536;
/** A mesh that takes a connection and says nothing for so long is stopped, or busy. */
const statusMaxMs = 2_000;

function controlPath(folder: string): string {
  const name = `sheaf-${hash('sha256', resolve(folder)).slice(0, 24)}`;
  if (process.platform === 'win32') return `\\\\.\\pipe\\${name}`;
  const path = join(resolve(folder), '.sheaf', 'control.sock');
  return Buffer.byteLength(path) <= socketPathMax ? path : join(tmpdir(), `${name}.sock`);
}

export interface ControlOptions {
  readonly onEvent: OnEvent;
  /** Called with the names of the parts before a restart begins, which waits for it; where it throws, nothing is restarted. */
  readonly onRestart: (names: readonly string[]) => Promise<unknown>;
  /** How the mesh stands to its registry. Default: it follows none. */
  readonly registry?: () => FollowerStatus | undefined;
}

export interface Control {
  close(): Promise<void>;
}

/** Answers commands from now on, those that change the mesh when it has started. Undefined, and told, where it cannot: the mesh runs without it. */
export async function openControl(
  { folder, gateway: { host } }: Pick<Mesh, 'folder' | 'gateway'>,
  starting: Promise<RunningMesh>,
  { onEvent, onRestart, registry = () => undefined }: ControlOptions,
): Promise<Control | undefined> {
  const path = controlPath(folder);
  if (await isAnswered(path)) {
    onEvent('another mesh runs from this folder; sheaf restart reaches that one', 'control.taken');
    return undefined;
  }
  const open = new Set<Socket>();
  const turn = { isTaken: false };
  let running: RunningMesh | undefined;
  starting.then(
    (mesh) => {
      running = mesh;
    },
    () => {},
  );
  const server = createServer((socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket)).on('error', () => {});
    void answer(socket, {
      restart: (names, tell) => restart(names, { starting, turn, tell, onRestart, isWanted: () => !socket.destroyed }),
      status: () => ({ ...statusOf(running, host), registry: registry() }),
    });
  });
  try {
    if (process.platform !== 'win32') {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      // A mesh that was killed has left its socket.
      await rm(path, { force: true });
    }
    await new Promise<void>((done, fail) => server.once('error', fail).listen(path, done));
    if (process.platform !== 'win32') await chmod(path, 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    onEvent(`sheaf restart cannot reach this mesh: ${code} at ${path}`, 'control.closed', { code });
    return undefined;
  }
  return {
    close: () => {
      for (const socket of open) socket.destroy();
      return new Promise((done) => server.close(() => done()));
    },
  };
}

const statusOf = (running: RunningMesh | undefined, host: string): MeshStatus => ({
  kind: 'status',
  pid: process.pid,
  addresses: (running?.gateways ?? []).map(({ port }) => `${host}:${port}`),
  processes: [...(running?.gateways ?? []), ...(running?.services ?? []), ...(running?.workers ?? [])].map(
    ({ name, pid, isReady, failure, notices }) => ({ name, pid, isReady, failure, notices }),
  ),
});

type Tell = (reply: RestartReply | MeshStatus) => void;

interface Answers {
  readonly restart: (names: readonly string[], tell: Tell) => Promise<void>;
  readonly status: () => MeshStatus;
}

async function answer(socket: Socket, { restart, status }: Answers): Promise<void> {
  const tell: Tell = (reply) => void socket.write(`${JSON.stringify(reply)}\n`);
  try {
    const request = await readRequest(socket);
    if (request.kind === 'status') tell(status());
    else await restart(request.names, tell);
  } catch (error) {
    tell({ kind: 'refused', message: error instanceof Error ? error.message : String(error) });
  }
  socket.end();
}

interface Restarting {
  readonly starting: Promise<RunningMesh>;
  readonly turn: { isTaken: boolean };
  readonly tell: Tell;
  readonly onRestart: ControlOptions['onRestart'];
  readonly isWanted: () => boolean;
}

/** Allows one restart at a time: two of them could have all gateways gone at once. */
async function restart(
  names: readonly string[],
  { starting, turn, tell, onRestart, isWanted }: Restarting,
): Promise<void> {
  if (turn.isTaken) throw new Error('a restart is under way already; wait until it has ended');
  turn.isTaken = true;
  try {
    const mesh = await starting;
    // New processes want the files that the mesh was read from: all of it is to be of one state of the folder.
    await mesh.reread();
    const all = mesh.parts;
    const parts = partsToRestart(all, names);
    const planned = parts.map(({ name }) => name);
    const left = names.length > 0 ? [] : all.filter((part) => !parts.includes(part)).map(({ name }) => name);
    await onRestart(planned);
    tell({ kind: 'plan', names: planned, left });
    await restartOneByOne(parts, ({ name }) => tell({ kind: 'restarted', name }), isWanted);
    tell({ kind: 'done' });
  } finally {
    turn.isTaken = false;
  }
}

async function readRequest(socket: Socket): Promise<Request> {
  let text = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (text.includes('\n') || text.length > requestCharsMax) break;
  }
  try {
    const request = JSON.parse(text) as Request;
    if (request.kind === 'status') return request;
    if (request.kind === 'restart' && request.names.every((name) => typeof name === 'string')) return request;
  } catch {}
  throw new Error('want one line of JSON: what to do, and for a restart the names');
}

const isAnswered = (path: string): Promise<boolean> =>
  new Promise((tell) => {
    const socket = createConnection(path, () => {
      socket.destroy();
      tell(true);
    }).once('error', () => tell(false));
  });

/** The mesh that runs from a folder, or starts; undefined when none does, `silent` when it does not answer. */
export async function askStatus(folder: string): Promise<MeshStatus | 'silent' | undefined> {
  const path = controlPath(folder);
  if (!(await isAnswered(path))) return undefined;
  const socket = createConnection(path).on('error', () => {});
  socket.setTimeout(statusMaxMs, () => socket.destroy());
  socket.write(`${JSON.stringify({ kind: 'status' } satisfies Request)}\n`);
  try {
    for await (const line of createInterface({ input: socket })) {
      const reply = JSON.parse(line) as MeshStatus;
      if (reply.kind === 'status') return reply;
    }
    return 'silent';
  } catch {
    return 'silent';
  } finally {
    socket.destroy();
  }
}

/** Has the mesh that runs from a folder restart parts of it, and tells how it goes. Throws when none runs there. */
export async function* askRestart(folder: string, names: readonly string[]): AsyncGenerator<RestartReply, void> {
  const socket = createConnection(controlPath(folder));
  await new Promise<void>((connected, fail) => {
    socket
      .once('connect', connected)
      .once('error', () => fail(new Error(`no mesh runs from ${folder} on this machine; sheaf up starts it`)));
  });
  socket.on('error', () => {});
  socket.write(`${JSON.stringify({ kind: 'restart', names } satisfies Request)}\n`);
  try {
    for await (const line of createInterface({ input: socket })) yield JSON.parse(line) as RestartReply;
  } finally {
    socket.destroy();
  }
}
