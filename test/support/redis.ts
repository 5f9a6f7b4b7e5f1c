/** A real Redis on a free port, from the package of the system. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { freePort } from '@sheaf/supervisor';
import { waitFor } from './wait-for.ts';

const installed = spawnSync('redis-server', ['--version']).status === 0;
/** For `skip`: false, or why. Where everything is required the test runs, and fails. */
export const skipWithoutRedis =
  installed || process.env['SHEAF_INTEROP'] === 'required' ? false : 'redis-server is not installed';

/** Keeps nothing on disk; killed and started again it is empty, at the same port. */
export class Redis {
  readonly port: number;
  #process: ChildProcess | undefined;

  constructor(port: number) {
    this.port = port;
  }

  static async onFreePort(): Promise<Redis> {
    const redis = new Redis(await freePort());
    await redis.start();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const options = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    this.#process = spawn('redis-server', options, { stdio: 'ignore', cwd: tmpdir() });
    await waitFor(() => answers(this.port));
  }

  /** It keeps its connections and answers nobody. */
  pause(): void {
    this.#process?.kill('SIGSTOP');
  }

  resume(): void {
    this.#process?.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.destroy());
    socket.once('close', (failed) => resolve(!failed)).once('error', () => {});
  });
