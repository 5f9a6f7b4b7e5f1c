/** Real processes, and what each method of their servers answers to bytes. */
import { type ClientHttp2Session, connect } from 'node:http2';
import { gzipSync } from 'node:zlib';
import * as grpc from '@grpc/grpc-js';
import { sampleModels } from '@sheaf/onnx/testing';
import { startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
import type { Timed } from './decoders.ts';
import type { Method } from './grammar.ts';
import { model } from './right-messages.ts';
import type { Target } from './target.ts';

/** A server has given up long before. */
const silentMs = 20_000;
/** The largest message that is sent, to every server, whatever it is for. */
const largeMax = 4 * 1024 * 1024;

/** Ends the gateway, which nothing else could be asked of then. */
const left = ['/sheaf.admin.v1.Admin/Drain'];

const namesOfCodes = new Map(Object.entries(grpc.status).map(([name, code]) => [String(code), name]));

export class Servers implements AsyncDisposable {
  readonly #mesh: TestMesh;
  readonly #sessions = new Map<number, ClientHttp2Session>();
  readonly #pids: readonly number[];

  private constructor(mesh: TestMesh) {
    this.#mesh = mesh;
    this.#pids = this.#pidsNow();
  }

  static async open(): Promise<Servers> {
    return new Servers(await startTestMesh({ [`models/${model}`]: sampleModels.scale(2) }));
  }

  /** Every method at every server that has it; throws for one that no server has. */
  async targets(methods: readonly Method[]): Promise<Target[]> {
    const { gateway, services } = this.#mesh.running;
    const servers = [['gateway', gateway.port] as const, ...services.map(({ port }) => ['service', port] as const)];
    const found = await Promise.all(
      methods
        .filter(({ path }) => !left.includes(path))
        .map(async (method) => {
          const here = await Promise.all(servers.map(([, port]) => this.#has(port, method.path)));
          if (!here.includes(true)) throw new Error(`${method.path}: no server has it`);
          return servers
            .filter((_, index) => here[index])
            .flatMap(([server, port]) => this.#methodAt(server, port, method));
        }),
    );
    return found.flat();
  }

  /** What has happened to the processes: nothing, that is ''. */
  damage(): string {
    const now = this.#pidsNow();
    return now.join() === this.#pids.join() ? '' : `a process has ended: ${this.#pids.join()} became ${now.join()}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions.values()) session.destroy();
    await this.#mesh[Symbol.asyncDispose]();
  }

  #pidsNow(): number[] {
    const { gateway, services } = this.#mesh.running;
    return [gateway.pid, ...services.map(({ pid }) => pid)];
  }

  #methodAt(server: string, port: number, { path, request }: Method): Target[] {
    return [false, true].map((zipped) => ({
      name: `${server} ${path}${zipped ? ' gzip' : ''}`,
      message: request,
      bytesMax: largeMax,
      floorMs: 150,
      send: (message) => this.#send(port, path, message, zipped),
    }));
  }

  /** Services answer nobody without the secret of their mesh. */
  #shown(port: number): Record<string, string> {
    const { gateway, secret } = this.#mesh.running;
    return port === gateway.port || secret === undefined ? {} : { authorization: `Bearer ${secret}` };
  }

  async #has(port: number, path: string): Promise<boolean> {
    const { outcome } = await this.#send(port, path, Buffer.alloc(0), false);
    return outcome !== 'UNIMPLEMENTED';
  }

  /** The answer, or the first of them, or why there is none. */
  #send(port: number, path: string, message: Buffer, zipped: boolean): Promise<Timed> {
    const body = zipped ? gzipSync(message, { level: 1 }) : message;
    const head = Buffer.alloc(5);
    head[0] = zipped ? 1 : 0;
    head.writeUInt32BE(body.length, 1);
    const { promise, resolve, reject } = Promise.withResolvers<Timed>();
    const startedAt = performance.now();
    const stream = this.#session(port).request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...this.#shown(port),
      ...(zipped && { 'grpc-encoding': 'gzip' }),
    });
    let [outcome, sentence] = ['', ''];
    const settle = (otherwise: string): void => {
      resolve({ ms: performance.now() - startedAt, outcome: outcome || otherwise, sentence });
      stream.close();
    };
    const note = (headers: Record<string, unknown>): void => {
      const code = headers['grpc-status'];
      if (code === undefined) return;
      outcome = namesOfCodes.get(String(code)) ?? `code ${code}`;
      sentence = decodeURI(String(headers['grpc-message'] ?? ''));
    };
    stream.on('response', note).on('trailers', note);
    stream.on('end', () => settle('no status'));
    // A watch goes on.
    stream.once('data', () => path.endsWith('/Watch') && settle('OK'));
    stream.on('data', () => {});
    stream.on('error', () => settle('reset'));
    stream.on('close', () => settle('reset'));
    stream.setTimeout(silentMs, () => {
      reject(new Error(`no answer within ${silentMs} ms`));
      stream.close();
    });
    stream.end(Buffer.concat([head, body]));
    return promise;
  }

  #session(port: number): ClientHttp2Session {
    const open = this.#sessions.get(port);
    if (open && !open.closed && !open.destroyed) return open;
    const session = connect(`http://127.0.0.1:${port}`);
    session.on('error', () => {});
    this.#sessions.set(port, session);
    return session;
  }
}
