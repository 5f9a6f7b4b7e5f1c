/** The messages that connectconformance speaks with what it tests, from the .proto files that install.sh put beside it. */
import { join } from 'node:path';
import { type AnyDefinition, loadSync, type MessageTypeDefinition, type ServiceDefinition } from '@grpc/proto-loader';
import type { MethodDefinition } from '../../../libs/transport/src/server/grpc/method-definition.ts';
import { cache } from '../stock-tools.ts';

const folder = join(cache, 'conformance');
const files = ['service', 'client_compat', 'server_compat'].map((name) => `connectrpc/conformance/v1/${name}.proto`);
const options = { longs: Number, enums: Number, defaults: true, oneofs: true, includeDirs: [folder] };
const loaded = loadSync(files, options);

/** Reads and writes one type. Fields are named in camel case; what is not set holds its default, or null where it is a message. */
export interface Message<T> {
  decode(bytes: Buffer): T;
  encode(value: object): Buffer;
}

const isMessage = (definition: AnyDefinition | undefined): definition is MessageTypeDefinition<object, object> =>
  definition !== undefined && 'deserialize' in definition;

export const packageName = 'connectrpc.conformance.v1';
export const serviceName = `${packageName}.ConformanceService`;

export function messageOf<T>(name: string): Message<T> {
  const definition = loaded[`${packageName}.${name}`];
  if (!isMessage(definition)) throw new Error(`want a message ${name}`);
  return { decode: (bytes) => definition.deserialize(bytes) as T, encode: (value) => definition.serialize(value) };
}

/** A method of the suite's service. */
export function methodOf<Request, Response>(name: string): MethodDefinition<Request, Response> {
  const service = loaded[serviceName] as ServiceDefinition;
  return service[name] as unknown as MethodDefinition<Request, Response>;
}

export interface PackedMessage {
  readonly type_url: string;
  readonly value: Uint8Array;
}

export interface Header {
  readonly name: string;
  readonly value: readonly string[];
}

export interface WireError {
  readonly code: number;
  readonly message?: string | undefined;
  readonly details: readonly PackedMessage[];
}
