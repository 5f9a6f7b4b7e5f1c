import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import protobuf from 'protobufjs/minimal.js';
import type { ProtoGrpcType as InferenceProto } from './generated/grpc_predict_v2.ts';

// grpc-js writes to stderr on its own; what goes wrong is told by us, in our words. GRPC_VERBOSITY brings it back.
if (!process.env.GRPC_VERBOSITY) grpc.setLogVerbosity(grpc.logVerbosity.NONE);

export const protoFolder = fileURLToPath(new URL('../../../proto/', import.meta.url));

export const protoFile = (path: string): string => (isAbsolute(path) ? path : join(protoFolder, path));

/** Must match the flags that proto/generate.ts gives to proto-loader-gen-types. */
const loaderOptions = { longs: String, enums: String, defaults: true, oneofs: true, includeDirs: [protoFolder] };

export const inferenceFile = 'inference/grpc_predict_v2.proto';
const loaded = loadSync(inferenceFile, loaderOptions);

const serviceName = 'inference.GRPCInferenceService';

/** protobufjs reads a string or bytes field that claims more than there is as if it ended with the message; nothing may begin that way. */
function checkComplete(message: Buffer): Buffer {
  const reader = protobuf.Reader.create(message);
  while (reader.pos < reader.len) reader.skipType(reader.uint32() & 7);
  return message;
}

/** The service as a door registers it; a message that ends early fails before a handler sees it. */
export const inferenceService: grpc.ServiceDefinition = Object.fromEntries(
  Object.entries(loaded[serviceName] as grpc.ServiceDefinition).map(([name, method]) => [
    name,
    { ...method, requestDeserialize: (message: Buffer) => method.requestDeserialize(checkComplete(message)) },
  ]),
);

export const { GRPCInferenceService: InferenceClient } = (
  grpc.loadPackageDefinition(loaded) as unknown as InferenceProto
).inference;
