/** Servers for ratios.ts, each a process of its own: `node ratio-server.ts public|mesh|grpc-js [certificate key]`; the files are of TLS. Tells its port, and a key that comes in. */
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { defaultLimits, type Infer } from '@sheaf/inference';
import { createServer } from '@sheaf/transport';
import { policyWay } from './policies.ts';

const [kind, certificate, key] = process.argv.slice(2);
const host = '127.0.0.1';

export interface RatioServerAddress {
  readonly port: number;
  /** '' where none is asked for. */
  readonly key: string;
}

/** What comes goes back as the output. */
const echo: Infer = async ({ model, inputs }) => ({ model, version: '1', parameters: new Map(), outputs: inputs });

const behind = {
  describe: (name: string) => ({ name, versions: ['1'], platform: 'test', inputs: [], outputs: [] }),
  isReady: () => true,
  names: () => [],
  snapshot: () => ({ epoch: 1 }),
  onJournal: () => {},
};

/** Ours with identity, limits and the journal of each call; or one that is asked by the mesh stream. */
async function openOurs(isOfMesh: boolean): Promise<RatioServerAddress> {
  const { admit, infer, key: apiKey } = policyWay(echo);
  const tls = certificate && key ? { certificate, key } : undefined;
  const server = await createServer(
    { name: 'bench', host, port: 0, limits: defaultLimits, mesh: isOfMesh, tls },
    isOfMesh ? { ...behind, infer: echo } : { ...behind, infer, admit },
  );
  server.open();
  return { port: server.port, key: isOfMesh ? '' : apiKey };
}

/** ServerLive, by the library that most servers in JavaScript stand on. */
async function openGrpcJs(): Promise<RatioServerAddress> {
  const loaded = loadSync(new URL('../../proto/inference/grpc_predict_v2.proto', import.meta.url).pathname);
  const server = new grpc.Server();
  server.addService(loaded['inference.GRPCInferenceService'] as grpc.ServiceDefinition, {
    ServerLive: (_: unknown, done: grpc.sendUnaryData<object>) => done(null, { live: true }),
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${host}:0`, grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { port, key: '' };
}

process.on('disconnect', () => process.exit(0));
process.send?.(await (kind === 'grpc-js' ? openGrpcJs() : openOurs(kind === 'mesh')));
