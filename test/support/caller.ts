/** Any method of a server as a stock client calls it, with metadata, and all that it is told: nothing of ours in between. */
import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import { loadSync, type MethodDefinition } from '@grpc/proto-loader';

const includeDirs = ['../../proto/', '../../node_modules/@grpc/reflection/build/proto/'].map((folder) =>
  fileURLToPath(new URL(folder, import.meta.url)),
);
const files = [
  'inference/grpc_predict_v2.proto',
  'grpc/health/v1/health.proto',
  'sheaf/admin/v1/admin.proto',
  'sheaf/registry/v1/registry.proto',
  'sheaf/jobs/v1/jobs.proto',
  'sheaf/predictions/v1/predictions.proto',
  'google/longrunning/operations.proto',
  'grpc/reflection/v1/reflection.proto',
  'grpc/reflection/v1alpha/reflection.proto',
  'google/rpc/status.proto',
  'google/rpc/error_details.proto',
];
const definitions = loadSync(files, {
  keepCase: true,
  longs: String,
  enums: String,
  defaults: true,
  oneofs: true,
  includeDirs,
});

export type Message = Record<string, unknown>;
type Method = MethodDefinition<object, object>;

const methods = new Map(
  Object.values(definitions)
    .flatMap((definition) => ('format' in definition ? [] : Object.values(definition as Record<string, Method>)))
    .map((method) => [method.path, method]),
);

/** Every method of every service that anybody can look up. */
export const everyMethod: readonly string[] = [...methods.keys()];
export const inferPath = '/inference.GRPCInferenceService/ModelInfer';

/** What a call came to. */
export interface Told {
  readonly code: string;
  readonly message: string;
  readonly replies: readonly Message[];
  readonly trailers: ReadonlyMap<string, string>;
  /** By the name of the google.rpc type, such as `ErrorInfo`. */
  readonly details: ReadonlyMap<string, Message>;
  /** Of ErrorInfo; undefined without one. */
  readonly reason: unknown;
}

function decode(name: string, bytes: Uint8Array): Message {
  const { deserialize } = definitions[name] as unknown as { readonly deserialize: (bytes: Buffer) => Message };
  return deserialize(Buffer.from(bytes));
}

function detailsOf(trailers: grpc.Metadata): ReadonlyMap<string, Message> {
  const [bytes] = trailers.get('grpc-status-details-bin');
  if (!Buffer.isBuffer(bytes)) return new Map();
  const { details } = decode('google.rpc.Status', bytes) as {
    readonly details: readonly { readonly type_url: string; readonly value: Uint8Array }[];
  };
  return new Map(
    details.map(({ type_url, value }) => {
      const name = type_url.slice(type_url.lastIndexOf('/') + 1);
      return [name.replace('google.rpc.', ''), decode(name, value)];
    }),
  );
}

/** One connection. `metadata` goes with every call, keys in lower case; each ends by itself or after its time, 10 s. */
export class Caller implements Disposable {
  readonly #client: grpc.Client;
  readonly #metadata: Readonly<Record<string, string>>;

  constructor(port: number, metadata: Readonly<Record<string, string>> = {}) {
    this.#metadata = metadata;
    const own = { 'grpc.use_local_subchannel_pool': 1, 'grpc.enable_retries': 0 };
    this.#client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), own);
  }

  /** Sends one message whatever kind of method it is, and hears it to the end; a watch is left at its first word. */
  call(
    path: string,
    request: Message = {},
    metadata: Readonly<Record<string, string>> = {},
    timeoutMs = 10_000,
  ): Promise<Told> {
    const { requestSerialize, responseDeserialize } = methods.get(path) as Method;
    const sent = new grpc.Metadata();
    for (const [key, value] of Object.entries({ ...this.#metadata, ...metadata })) sent.set(key, value);
    const options = { deadline: Date.now() + timeoutMs };
    return new Promise((resolve) => {
      const stream = this.#client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, sent, options);
      const replies: Message[] = [];
      const finish = (code: grpc.status, message: string, trailers: grpc.Metadata): void => {
        const details = detailsOf(trailers);
        const told = Object.entries(trailers.getMap()).map(([key, value]) => [key, String(value)] as const);
        resolve({
          code: grpc.status[code] ?? '',
          message,
          replies,
          trailers: new Map(told),
          details,
          reason: details.get('ErrorInfo')?.['reason'],
        });
      };
      stream.on('data', (message: Message) => {
        replies.push(message);
        if (!path.endsWith('/Watch')) return;
        finish(grpc.status.OK, '', new grpc.Metadata());
        stream.cancel();
      });
      stream.on('error', () => {});
      stream.on('status', ({ code, details, metadata }: grpc.StatusObject) => finish(code, details, metadata));
      stream.write(request);
      stream.end();
    });
  }

  /** Infers with `x`, FP32 of rows of two, whatever the model does with them. */
  infer(model: string, metadata: Readonly<Record<string, string>> = {}, more: Message = {}): Promise<Told> {
    return this.call(inferPath, { ...inferRequest(model), ...more }, metadata);
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

export function inferRequest(model: string, rows = 1): Message {
  const raw = Buffer.from(new Float32Array(rows * 2).fill(1).buffer);
  return { model_name: model, inputs: [{ name: 'x', datatype: 'FP32', shape: [rows, 2] }], raw_input_contents: [raw] };
}

/** The numbers of the first output, FP32. */
export function numbersOf({ replies }: Told): number[] {
  const [bytes = new Uint8Array()] = (replies[0]?.['raw_output_contents'] ?? []) as Uint8Array[];
  return Array.from(new Float32Array(Uint8Array.from(bytes).buffer));
}
