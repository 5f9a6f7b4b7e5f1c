/** By which commands reach the mesh that runs from a folder on this machine: a local socket that only its user may open, and a line of JSON each way. */
import { hash } from 'node:crypto';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { UsageError } from './command.ts';
import { loginName, withState } from './folder-state.ts';
import { type Part, partsToRestart, restartOneByOne } from './rolling-restart.ts';
import type { RunningMesh } from './start-mesh.ts';

/** Of parts of the mesh; none: all. */
interface RestartRequest {
  readonly restart: readonly string[];
}

export type RestartReply =
  | { readonly kind: 'plan'; readonly names: readonly string[] }
  | { readonly kind: 'restarted'; readonly name: string }
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly message: string };

/** Paths of sockets are short: 104 bytes on macOS, 108 on Linux. */
const socketPathMax = 100;
const requestCharsMax = 65_536;
const auditDetailMax = 4_096;

function controlPath(folder: string): string {
  const name = `sheaf-${hash('sha256', resolve(folder)).slice(0, 24)}`;
  if (process.platform === 'win32') return `\\\\.\\pipe\\${name}`;
  const path = join(resolve(folder), '.sheaf', 'control.sock');
  return Buffer.byteLength(path) <= socketPathMax ? path : join(tmpdir(), `${name}.sock`);
}

export interface Control {
  close(): Promise<void>;
}

/** Answers commands from now on. Undefined, and told, where it cannot: the mesh runs without it. */
export async function openControl(
  folder: string,
  mesh: RunningMesh,
  onEvent: (line: string) => void,
): Promise<Control | undefined> {
  const path = controlPath(folder);
  if (await isAnswered(path)) {
    onEvent('another mesh runs from this folder; sheaf restart reaches that one');
    return undefined;
  }
  const open = new Set<Socket>();
  const turn = { isTaken: false };
  const server = createServer((socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket)).on('error', () => {});
    void answer(socket, folder, mesh, turn);
  });
  try {
    if (process.platform !== 'win32') {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      // Of a mesh that was killed.
      await rm(path, { force: true });
    }
    await new Promise<void>((done, fail) => server.once('error', fail).listen(path, done));
    if (process.platform !== 'win32') await chmod(path, 0o600);
  } catch (error) {
    onEvent(`sheaf restart cannot reach this mesh: ${(error as NodeJS.ErrnoException).code} at ${path}`);
    return undefined;
  }
  return {
    close: () => {
      for (const socket of open) socket.destroy();
      return new Promise((done) => server.close(() => done()));
    },
  };
}

/** One restart at a time: two of them could have all gateways gone at once. */
async function answer(socket: Socket, folder: string, mesh: RunningMesh, turn: { isTaken: boolean }): Promise<void> {
  const tell = (reply: RestartReply): void => void socket.write(`${JSON.stringify(reply)}\n`);
  let isOurs = false;
  try {
    const names = await readRequest(socket);
    if (turn.isTaken) throw new UsageError('a restart is under way already; wait until it has ended');
    isOurs = true;
    turn.isTaken = true;
    // New processes read the folder: all of the mesh is to be of one state of it.
    await mesh.reread();
    const parts = partsToRestart(mesh.parts, names);
    await audit(folder, parts);
    tell({ kind: 'plan', names: parts.map(({ name }) => name) });
    const onRestarted = ({ name }: Part): void => tell({ kind: 'restarted', name });
    // Whoever leaves wants no more of it.
    await restartOneByOne(parts, onRestarted, () => !socket.destroyed);
    tell({ kind: 'done' });
  } catch (error) {
    tell({ kind: 'refused', message: error instanceof Error ? error.message : String(error) });
  } finally {
    if (isOurs) turn.isTaken = false;
  }
  socket.end();
}

/** Only the mesh's own user can open the socket. */
const audit = (folder: string, parts: readonly Part[]): Promise<unknown> =>
  withState(folder, ({ audit }) => {
    const detail = parts
      .map(({ name }) => name)
      .join(', ')
      .slice(0, auditDetailMax);
    return audit.append({ at: Date.now(), actor: loginName(), action: 'restart', subject: 'mesh', detail });
  });

async function readRequest(socket: Socket): Promise<readonly string[]> {
  let text = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (text.includes('\n') || text.length > requestCharsMax) break;
  }
  try {
    const { restart } = JSON.parse(text) as RestartRequest;
    if (Array.isArray(restart) && restart.every((name) => typeof name === 'string')) return restart;
  } catch {}
  throw new UsageError('want one line of JSON with the names to restart');
}

const isAnswered = (path: string): Promise<boolean> =>
  new Promise((tell) => {
    const socket = createConnection(path, () => {
      socket.destroy();
      tell(true);
    }).once('error', () => tell(false));
  });

/** Has the mesh that runs from a folder restart parts of it, and tells how it goes. Throws UsageError when none runs there. */
export async function* askRestart(folder: string, names: readonly string[]): AsyncGenerator<RestartReply, void> {
  const socket = createConnection(controlPath(folder));
  await new Promise<void>((connected, fail) => {
    socket
      .once('connect', connected)
      .once('error', () => fail(new UsageError(`no mesh runs from ${folder} on this machine; sheaf up starts it`)));
  });
  socket.on('error', () => {});
  socket.write(`${JSON.stringify({ restart: names } satisfies RestartRequest)}\n`);
  try {
    for await (const line of createInterface({ input: socket })) yield JSON.parse(line) as RestartReply;
  } finally {
    socket.destroy();
  }
}
