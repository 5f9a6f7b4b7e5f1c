import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { ProtoGrpcType as InferenceProto } from './generated/grpc_predict_v2.ts';

const protoFolder = fileURLToPath(new URL('../../../proto/', import.meta.url));

export const protoFile = (path: string): string => (isAbsolute(path) ? path : join(protoFolder, path));

/** Must match the flags that proto/generate.ts gives to proto-loader-gen-types. */
const loaderOptions = { longs: String, enums: String, defaults: true, oneofs: true, includeDirs: [protoFolder] };

export const inferencePackage = loadSync('inference/grpc_predict_v2.proto', loaderOptions);

export const { GRPCInferenceService: InferenceClient } = (
  grpc.loadPackageDefinition(inferencePackage) as unknown as InferenceProto
).inference;
