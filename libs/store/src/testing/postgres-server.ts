/** A real Postgres for tests, from the packages of the system: a free port, a folder of its own, gone with the test. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';

/** Debian keeps its programs apart, by version. */
const [found] = globSync(['/usr/lib/postgresql/*/bin/initdb', '/usr/{local/,}{pgsql/,}bin/initdb']);
const required = process.env['SHEAF_INTEROP'] === 'required';

/** For `skip` of node:test: false, or why. Where everything is required, the test runs and fails. */
export const skipWithoutPostgres = found !== undefined || required ? false : 'postgresql is not installed';

/** A test that crashes leaves none behind. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const server of running) killGroup(server);
});

export class PostgresServer {
  readonly #folder: string;
  readonly #port: number;
  readonly #user: { readonly uid?: number; readonly gid?: number };
  #process: ChildProcess | undefined;
  #schemas = 0;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
    // It refuses to run as root.
    this.#user = process.getuid?.() === 0 ? ordinaryUser() : {};
  }

  static async start(): Promise<PostgresServer> {
    const server = new PostgresServer(mkdtempSync(join(tmpdir(), 'sheaf-postgres-')), await freePort());
    const { uid, gid } = server.#user;
    if (uid !== undefined && gid !== undefined) chownSync(server.#folder, uid, gid);
    const options = ['-D', join(server.#folder, 'data'), '-U', 'sheaf', '-A', 'trust', '-E', 'UTF8', '--no-sync'];
    execFileSync(program('initdb'), options, { ...server.#user, cwd: server.#folder, stdio: 'pipe' });
    await server.start();
    return server;
  }

  /** A URL at which nobody has made tables yet. */
  async newUrl(): Promise<string> {
    this.#schemas += 1;
    const schema = `test_${this.#schemas}`;
    const url = `postgres://sheaf@127.0.0.1:${this.#port}/postgres`;
    const client = new pg.Client(url);
    await client.connect();
    await client.query(`CREATE SCHEMA ${schema}`);
    await client.end();
    return `${url}?options=-c%20search_path%3D${schema}`;
  }

  /** Resolves once it takes connections. */
  async start(): Promise<void> {
    const options = ['-D', join(this.#folder, 'data'), '-p', `${this.#port}`, '-h', '127.0.0.1', '-k', this.#folder];
    // What a process wrote before it was killed is not lost with it, so nobody has to wait for the disk.
    const settings = ['-c', 'fsync=off', '-c', 'shared_buffers=16MB', '-c', 'max_connections=40'];
    for (let tries = 1; ; tries++) {
      const child = spawn(program('postgres'), [...options, ...settings], {
        ...this.#user,
        cwd: this.#folder,
        // A group of its own, so that what ends the test by its group leaves it to the test.
        detached: true,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      running.add(child);
      this.#process = child;
      const told: string[] = [];
      if (await isReady(child, told)) return;
      running.delete(child);
      if (tries === 100) throw new Error(told.join('\n'));
      // What is left of one that was killed may be in the way for a moment.
    }
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    killGroup(child);
    await gone;
    running.delete(child);
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function isReady(child: ChildProcess, told: string[]): Promise<boolean> {
  if (!child.stderr) return false;
  const lines = createInterface({ input: child.stderr });
  for await (const line of lines) {
    told.push(line);
    if (line.includes('ready to accept connections')) {
      child.stderr.resume();
      return true;
    }
  }
  return false;
}

/** With those that serve connections: each is a group of its own, and would answer for a moment longer. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  for (const each of [pid, ...childrenOf(pid)]) {
    try {
      process.kill(each, 'SIGKILL');
    } catch {
      // It has gone by itself.
    }
  }
}

function childrenOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    // Where the system does not say, or nothing is left of it, they see by themselves that it has gone.
    return [];
  }
}

const program = (name: string): string => join(dirname(found ?? '/usr/bin/initdb'), name);

/** The user that Debian's package makes, or else nobody. */
function ordinaryUser(): { readonly uid: number; readonly gid: number } {
  const [, uid = '65534', gid = '65534'] =
    /^postgres:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8')) ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}
