/** Descriptors for server reflection, as protoc would make them. */
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';
import descriptor from 'protobufjs/ext/descriptor/index.js';
import { protoFolder } from './proto.ts';

const { FileDescriptorProto } = descriptor;

/** The parts of google.protobuf.DescriptorProto that are looked at. */
interface Message {
  name: string;
  field?: { name: string; typeName?: string; jsonName?: string }[];
  nestedType?: (Message & { options?: { mapEntry?: boolean } })[];
}

/** Names as they stand in the .proto file, since JSON clients read them here. */
const asWritten = { keepCase: true, includeDirs: [protoFolder] };

/** Loads a .proto file for the reflection service. */
export function loadReflected(file: string): PackageDefinition {
  const definition = loadSync(file, asWritten);
  return Object.fromEntries(
    Object.entries(definition).map(([name, type]) => [
      name,
      'fileDescriptorProtos' in type && Array.isArray(type.fileDescriptorProtos)
        ? { ...type, fileDescriptorProtos: type.fileDescriptorProtos.map(asProtoc) }
        : type,
    ]),
  ) as PackageDefinition;
}

function asProtoc(bytes: Buffer): Buffer {
  const file = FileDescriptorProto.decode(bytes) as unknown as { messageType?: Message[] };
  file.messageType?.forEach(repair);
  return Buffer.from(FileDescriptorProto.encode(file).finish());
}

/**
 * protobufjs calls the entry type of a map field after the field alone; protoc calls it `<Field>Entry`, and clients in Go refuse a file where it is
 * called otherwise. It also makes the name in JSON the one in the file, where protoc makes it lowerCamelCase.
 */
function repair({ field = [], nestedType = [] }: Message): void {
  for (const own of field) own.jsonName = own.name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  for (const nested of nestedType) {
    repair(nested);
    if (!nested.options?.mapEntry || nested.name.endsWith('Entry')) continue;
    const name = `${nested.name}Entry`;
    for (const owner of field) if (owner.typeName === nested.name) owner.typeName = name;
    nested.name = name;
  }
}
