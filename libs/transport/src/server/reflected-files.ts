/** What reflection tells of: descriptors as protoc would make them, of what protobufjs makes. */
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';
import descriptor from 'protobufjs/ext/descriptor/index.js';
import { protoFolder } from '../proto.ts';

const { FileDescriptorProto } = descriptor;

/** The parts of google.protobuf.DescriptorProto that are looked at. */
interface Message {
  name: string;
  field?: { name: string; typeName?: string; jsonName?: string }[];
  nestedType?: (Message & { options?: { mapEntry?: boolean } })[];
  enumType?: { name: string }[];
}

/** And those of google.protobuf.FileDescriptorProto. */
interface File {
  name: string;
  package: string;
  dependency?: string[];
  messageType?: Message[];
  enumType?: { name: string }[];
  service?: { method?: { inputType: string; outputType: string }[] }[];
}

/** Names as they stand in the .proto file, since JSON clients read them here. */
const asWritten = { keepCase: true, includeDirs: [protoFolder] };

/** All of them together, so that a package that several import is one file with all of it. */
export function loadReflected(files: readonly string[]): PackageDefinition {
  const definition = loadSync([...files], asWritten);
  const made = Object.values(definition).flatMap((type) => filesOf(type));
  const repaired = asProtoc(made);
  return Object.fromEntries(
    Object.entries(definition).map(([name, type]) => [
      name,
      filesOf(type).length > 0 ? { ...type, fileDescriptorProtos: repaired } : type,
    ]),
  ) as PackageDefinition;
}

/** Of a type; a service and its methods have none of their own. */
const filesOf = (type: PackageDefinition[string]): readonly Buffer[] =>
  'fileDescriptorProtos' in type && Array.isArray(type.fileDescriptorProtos) ? type.fileDescriptorProtos : [];

/** Of files that come more than once, each once. */
function asProtoc(made: readonly Buffer[]): readonly Buffer[] {
  const decoded = made.map((bytes) => FileDescriptorProto.decode(bytes) as unknown as File);
  const files = [...new Map(decoded.map((file) => [file.name, file])).values()];
  for (const { messageType = [] } of files) messageType.forEach(repair);
  const places = new Map(files.flatMap((file) => namesIn(file).map((name) => [name, file.name] as const)));
  for (const file of files) {
    file.dependency = [...new Set(link(file, places))].filter((name) => name !== file.name);
  }
  return files.map((file) => Buffer.from(FileDescriptorProto.encode(file as never).finish()));
}

/**
 * protobufjs calls the entry type of a map field after the field alone; protoc calls it `<Field>Entry` in UpperCamelCase, and clients in Go refuse a file where it is
 * called otherwise. It also makes the name in JSON the one in the file, where protoc makes it lowerCamelCase.
 */
function repair({ field = [], nestedType = [] }: Message): void {
  for (const own of field) own.jsonName = camelCase(own.name);
  for (const nested of nestedType) {
    repair(nested);
    if (!nested.options?.mapEntry || nested.name.endsWith('Entry')) continue;
    const name = `${camelCase(nested.name)}Entry`;
    for (const owner of field) if (owner.typeName === nested.name) owner.typeName = name;
    nested.name = name;
  }
}

const camelCase = (name: string): string => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** The types in a file, each with its package and the types that it is in, as `.sheaf.jobs.v1.Job`. */
function namesIn(file: File): string[] {
  const below = (scope: string, { name, nestedType = [], enumType = [] }: Message): string[] => {
    const own = `${scope}.${name}`;
    return [own, ...enumType.map((one) => `${own}.${one.name}`), ...nestedType.flatMap((one) => below(own, one))];
  };
  const scope = `.${file.package}`;
  return [
    ...(file.enumType ?? []).map(({ name }) => `${scope}.${name}`),
    ...(file.messageType ?? []).flatMap((message) => below(scope, message)),
  ];
}

/**
 * Names the types of other files wholly, and answers the files that they are in: protobufjs leaves out both, and clients in Go then refuse the file. `places`
 * tells of each type its file.
 */
function* link(
  { package: name, messageType = [], service = [] }: File,
  places: ReadonlyMap<string, string>,
): Generator<string> {
  const fileOf = (type: string): string[] => [places.get(type) ?? []].flat();
  yield* messageType.flatMap((message) => linkMessage(`.${name}`, message, places)).flatMap(fileOf);
  for (const { method = [] } of service)
    yield* method.flatMap(({ inputType, outputType }) => [inputType, outputType]).flatMap(fileOf);
}

/** Answers the types of its fields. A name is looked for from the inside to the outside, as in a .proto file. */
function linkMessage(scope: string, message: Message, places: ReadonlyMap<string, string>): string[] {
  const own = `${scope}.${message.name}`;
  const found = (message.field ?? []).flatMap((field) => {
    if (!field.typeName) return [];
    const parts = own.split('.');
    const outward = parts.map((_, index) => [...parts.slice(0, parts.length - index), field.typeName].join('.'));
    const full = field.typeName.startsWith('.') ? field.typeName : outward.find((type) => places.has(type));
    if (full) field.typeName = full;
    return full ? [full] : [];
  });
  return [...found, ...(message.nestedType ?? []).flatMap((nested) => linkMessage(own, nested, places))];
}
