/** A client as anybody would write it from our .proto files: nothing of ours in between. */
import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const protoFolder = fileURLToPath(new URL('../../proto/', import.meta.url));
const options = { keepCase: true, longs: String, defaults: true, oneofs: true, includeDirs: [protoFolder] };

type Message = Record<string, unknown>;
type Method = (
  request: Message,
  metadata: grpc.Metadata,
  options: grpc.CallOptions,
  done: (error: grpc.ServiceError | null, reply: Message) => void,
) => grpc.ClientUnaryCall;

const load = (file: string): grpc.GrpcObject => grpc.loadPackageDefinition(loadSync(file, options));
const inference = load('inference/grpc_predict_v2.proto')['inference'] as grpc.GrpcObject;
const health = ((load('grpc/health/v1/health.proto')['grpc'] as grpc.GrpcObject)['health'] as grpc.GrpcObject)[
  'v1'
] as grpc.GrpcObject;

export interface Answer {
  /** OK is undefined. */
  readonly error: grpc.ServiceError | undefined;
  readonly code: string;
  readonly reply: Message;
}

export interface Watcher {
  readonly onStatus: (status: number) => void;
  readonly onError?: (error: Error) => void;
}

export class StockClient implements Disposable {
  readonly #client: grpc.Client;
  readonly #health: grpc.Client;
  readonly target: string;
  readonly #metadata = new grpc.Metadata();

  /** A port of this machine, or a gRPC target. `secret` is that of a mesh whose internal server it is. */
  constructor(to: number | string, own: grpc.ChannelOptions = {}, secret?: string) {
    if (secret !== undefined) this.#metadata.set('authorization', `Bearer ${secret}`);
    this.target = typeof to === 'number' ? `127.0.0.1:${to}` : to;
    const limits = { ...own, 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };
    this.#client = new (inference['GRPCInferenceService'] as grpc.ServiceClientConstructor)(
      this.target,
      grpc.credentials.createInsecure(),
      limits,
    );
    this.#health = new (health['Health'] as grpc.ServiceClientConstructor)(
      this.target,
      grpc.credentials.createInsecure(),
    );
  }

  call(method: string, request: Message, timeoutMs = 30_000): Promise<Answer> {
    return invoke(this.#client, method, request, this.#metadata, timeoutMs);
  }

  check(service: string): Promise<Answer> {
    return invoke(this.#health, 'Check', { service }, this.#metadata, 5_000);
  }

  /** The first status that a health watch tells. */
  watch(service: string): Promise<Message> {
    return new Promise((resolve, reject) => {
      const end = this.watchAll(service, {
        onStatus: (status) => {
          resolve({ status });
          end();
        },
        onError: reject,
      });
    });
  }

  /** Every status that a health watch tells, by number; answers what ends it. */
  watchAll(service: string, { onStatus, onError = () => {} }: Watcher): () => void {
    const stream = this.#health.makeServerStreamRequest(
      '/grpc.health.v1.Health/Watch',
      (value: Message) =>
        Buffer.from([0x0a, String(value['service']).length, ...Buffer.from(String(value['service']))]),
      (bytes: Buffer) => bytes[1] ?? 0,
      { service },
      this.#metadata,
    );
    stream.on('data', onStatus);
    stream.on('error', onError);
    return () => stream.cancel();
  }

  /** A reflection stream on which nothing is asked; answers what ends it. */
  reflect(): () => void {
    const none = (): Buffer => Buffer.alloc(0);
    const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
    const stream = this.#client.makeBidiStreamRequest(path, none, none, this.#metadata);
    stream.on('error', () => {}).on('data', () => {});
    return () => stream.cancel();
  }

  [Symbol.dispose](): void {
    this.#client.close();
    this.#health.close();
  }
}

function invoke(
  client: grpc.Client,
  method: string,
  request: Message,
  metadata: grpc.Metadata,
  timeoutMs: number,
): Promise<Answer> {
  return new Promise((resolve) => {
    const call = (client as unknown as Record<string, Method>)[method] as Method;
    call.call(client, request, metadata, { deadline: Date.now() + timeoutMs }, (error, reply) => {
      resolve({ error: error ?? undefined, code: error ? (grpc.status[error.code] ?? '') : 'OK', reply: reply ?? {} });
    });
  });
}
