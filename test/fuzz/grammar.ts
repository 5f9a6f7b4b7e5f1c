/** Every service and message that there is, read from the .proto files: what is added there is tried without a line here. */
import { globSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

/** The wire type in which a field of the .proto file stands; a message is one of bytes. */
const wireTypes: Readonly<Record<string, WireType>> = {
  double: 1,
  fixed64: 1,
  sfixed64: 1,
  float: 5,
  fixed32: 5,
  sfixed32: 5,
  string: 2,
  bytes: 2,
};
export type WireType = 0 | 1 | 2 | 5;

export interface Field {
  readonly name: string;
  readonly number: number;
  readonly wireType: WireType;
  readonly repeated: boolean;
  /** What it holds, if that is a message. */
  readonly message: Message | undefined;
}

export interface Message {
  /** With its package. */
  readonly name: string;
  readonly fields: readonly Field[];
}

export interface Method {
  /** As in `:path`. */
  readonly path: string;
  readonly request: Message;
  readonly response: Message;
}

const protoFolder = fileURLToPath(new URL('../../proto/', import.meta.url));
const reflectionFolder = join(dirname(createRequire(import.meta.url).resolve('@grpc/reflection')), '../proto/grpc');

/** The .proto files of ours, and those of the reflection service, which comes with its package. */
export function readGrammar(): { readonly methods: readonly Method[]; message(name: string): Message } {
  const root = new protobuf.Root();
  root.resolvePath = (origin, target) => (origin === '' ? target : join(protoFolder, target));
  root.loadSync(
    [protoFolder, reflectionFolder].flatMap((folder) =>
      globSync('**/*.proto', { cwd: folder }).map((file) => join(folder, file)),
    ),
  );
  root.resolveAll();
  const known = new Map<protobuf.ReflectionObject, Message>();
  return {
    methods: servicesIn(root).flatMap((service) =>
      service.methodsArray.map((method) => ({
        path: `/${service.fullName.slice(1)}/${method.name}`,
        request: messageOf(method.resolvedRequestType as protobuf.Type, known),
        response: messageOf(method.resolvedResponseType as protobuf.Type, known),
      })),
    ),
    message: (name) => messageOf(root.lookupType(name), known),
  };
}

const servicesIn = (space: protobuf.NamespaceBase): protobuf.Service[] =>
  space.nestedArray.flatMap((inner) => {
    if (inner instanceof protobuf.Service) return [inner];
    return inner instanceof protobuf.Namespace ? servicesIn(inner) : [];
  });

function messageOf(type: protobuf.Type, known: Map<protobuf.ReflectionObject, Message>): Message {
  const found = known.get(type);
  if (found) return found;
  const fields: Field[] = [];
  const message = { name: type.fullName.slice(1), fields };
  // Before its fields: a message may hold itself.
  known.set(type, message);
  for (const field of type.fieldsArray) fields.push(fieldOf(field, known));
  return message;
}

function fieldOf(field: protobuf.Field, known: Map<protobuf.ReflectionObject, Message>): Field {
  const { name, id: number, repeated, resolvedType } = field;
  const inner = resolvedType instanceof protobuf.Type ? messageOf(resolvedType, known) : undefined;
  if (field instanceof protobuf.MapField) {
    const key = {
      name: 'key',
      number: 1,
      repeated: false,
      wireType: wireTypes[field.keyType] ?? 0,
      message: undefined,
    };
    const value = { name: 'value', number: 2, repeated: false, ...contentOf(field.type, inner) };
    const message = { name: `${field.fullName.slice(1)} entry`, fields: [key, value] };
    return { name, number, repeated: true, wireType: 2, message };
  }
  return { name, number, repeated, ...contentOf(field.type, inner) };
}

const contentOf = (type: string, message: Message | undefined): Pick<Field, 'wireType' | 'message'> => ({
  wireType: message ? 2 : (wireTypes[type] ?? 0),
  message,
});
