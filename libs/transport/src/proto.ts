import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import protobuf from 'protobufjs';
import type { ProtoGrpcType as MeshProto } from './generated/mesh.ts';

// grpc-js writes to stderr on its own; what goes wrong is told by us, in our words. GRPC_VERBOSITY brings it back.
if (!process.env.GRPC_VERBOSITY) grpc.setLogVerbosity(grpc.logVerbosity.NONE);

export const protoFolder = fileURLToPath(new URL('../../../proto/', import.meta.url));

export const protoFile = (path: string): string => (isAbsolute(path) ? path : join(protoFolder, path));

/** Must match the flags that proto/generate.ts gives to proto-loader-gen-types. */
const loaderOptions = { longs: String, enums: String, defaults: true, oneofs: true, includeDirs: [protoFolder] };

export const inferenceFile = 'inference/grpc_predict_v2.proto';
const meshFile = 'sheaf/mesh/v1/mesh.proto';
const loaded = loadSync([inferenceFile, meshFile], loaderOptions);

const root = new protobuf.Root();
root.resolvePath = (_origin, target) => protoFile(target);
root.loadSync([inferenceFile, meshFile]).resolveAll();

/**
 * protobufjs reads a field that claims more bytes than its message has as if it ended with the message, or takes them from what follows;
 * nothing may begin that way. Known messages are looked into, everything else is only measured.
 */
function checkComplete(reader: protobuf.Reader, end: number, type: protobuf.Type | undefined): void {
  while (reader.pos < end) {
    const tag = reader.uint32();
    const wireType = tag & 7;
    const field = type?.fieldsById[tag >>> 3];
    const nested = field?.resolvedType instanceof protobuf.Type ? field.resolvedType : undefined;
    if (wireType === 2) {
      const length = reader.uint32();
      if (length > end - reader.pos) throw new RangeError('a field is longer than its message');
      if (nested && !field?.map) checkComplete(reader, reader.pos + length, nested);
      else reader.skip(length);
    } else reader.skipType(wireType);
    if (reader.pos > end) throw new RangeError('a field is longer than its message');
  }
}

/** A service as a door registers it; a message that ends early fails before a handler sees it. */
function guarded(name: string): grpc.ServiceDefinition {
  const service = loaded[name] as grpc.ServiceDefinition;
  return Object.fromEntries(
    Object.entries(service).map(([methodName, method]) => {
      const requestType = root.lookupService(name).methods[methodName]?.resolve() as protobuf.Method | undefined;
      const type = requestType?.resolvedRequestType ?? undefined;
      const requestDeserialize = (message: Buffer): object => {
        checkComplete(protobuf.Reader.create(message), message.length, type);
        return method.requestDeserialize(message);
      };
      return [methodName, { ...method, requestDeserialize }];
    }),
  );
}

export const inferenceService = guarded('inference.GRPCInferenceService');
export const meshService = guarded('sheaf.mesh.v1.Mesh');

const packages = grpc.loadPackageDefinition(loaded) as unknown as MeshProto;

export const { GRPCInferenceService: InferenceClient } = packages.inference;
export const { Mesh: MeshClient } = packages.sheaf.mesh.v1;
