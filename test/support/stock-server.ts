/** A server as anybody would write it from our .proto files: the Open Inference Protocol, and health where it is wanted. */
import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const protoFolder = fileURLToPath(new URL('../../proto/', import.meta.url));
const options = { keepCase: true, longs: String, defaults: true, oneofs: true, includeDirs: [protoFolder] };
const loaded = grpc.loadPackageDefinition(loadSync('inference/grpc_predict_v2.proto', options));
const { service } =
  (loaded['inference'] as Record<string, { service: grpc.ServiceDefinition }>)['GRPCInferenceService'] ?? {};

type Message = Record<string, unknown>;
type Call = grpc.ServerUnaryCall<Message, Message>;

export interface StockServerOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly options?: grpc.ServerOptions;
  readonly credentials?: grpc.ServerCredentials;
  /** What ModelMetadata answers beside the name; nothing unless told, as MLServer and KServe do for a model without settings. */
  readonly metadata?: Message;
  /** Throws or answers; unless told, the inputs come back as outputs, `x` as `y`. */
  readonly infer?: (request: Message, call: Call) => Message | Promise<Message>;
  /** Told of each call, of any method. */
  readonly onCall?: (method: string, call: Call) => void;
}

export interface StockServer extends AsyncDisposable {
  readonly port: number;
}

const echo = ({ model_name, inputs, raw_input_contents }: Message): Message => ({
  model_name,
  model_version: '1',
  outputs: (inputs as Message[]).map((input) => ({
    ...input,
    contents: undefined,
    name: input['name'] === 'x' ? 'y' : input['name'],
  })),
  raw_output_contents: raw_input_contents,
});

/** On a free port. */
export async function startStockServer(given: StockServerOptions = {}): Promise<StockServer> {
  const {
    host = '127.0.0.1',
    metadata = {},
    infer = echo,
    onCall = () => {},
    credentials = grpc.ServerCredentials.createInsecure(),
  } = given;
  const server = new grpc.Server(given.options);
  const answer =
    (
      method: string,
      work: (request: Message, call: Call) => Message | Promise<Message>,
    ): grpc.handleUnaryCall<Message, Message> =>
    (call, done) => {
      onCall(method, call);
      const worked = (async () => work(call.request, call))();
      worked.then(
        (reply) => done(null, reply),
        (error: grpc.ServiceError) => done(error),
      );
    };
  server.addService(service as grpc.ServiceDefinition, {
    ServerLive: answer('ServerLive', () => ({ live: true })),
    ServerReady: answer('ServerReady', () => ({ ready: true })),
    ModelReady: answer('ModelReady', () => ({ ready: true })),
    ServerMetadata: answer('ServerMetadata', () => ({ name: 'stock' })),
    ModelMetadata: answer('ModelMetadata', ({ name }) => ({ name, ...metadata })),
    ModelInfer: answer('ModelInfer', infer),
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`${host}:0`, credentials, (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  return {
    port,
    [Symbol.asyncDispose]: async () => server.forceShutdown(),
  };
}
