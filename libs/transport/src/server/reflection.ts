/** Server reflection, with descriptors as protoc would make them. */
import { createRequire } from 'node:module';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';
import type { ReflectionService } from '@grpc/reflection';
import { InferError } from '@sheaf/inference';
import descriptor from 'protobufjs/ext/descriptor/index.js';
import { protoFolder } from '../proto.ts';
import type { MethodDefinition } from './grpc/method-definition.ts';
import type { ServerMethod } from './grpc/methods.ts';
import { type StreamingHandler, streaming } from './grpc/streaming.ts';

const { FileDescriptorProto } = descriptor;

/** The parts of google.protobuf.DescriptorProto that are looked at. */
interface Message {
  name: string;
  field?: { name: string; typeName?: string; jsonName?: string }[];
  nestedType?: (Message & { options?: { mapEntry?: boolean } })[];
}

/** Names as they stand in the .proto file, since JSON clients read them here. */
const asWritten = { keepCase: true, includeDirs: [protoFolder] };

function loadReflected(file: string): PackageDefinition {
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

/** A question names a file, a symbol or a type of ours, and the host that was called. */
const questionCharsMax = 1_024;
/** Answers that are made and not sent, as to a caller that asks and does not read. */
const waitingMax = 4;
/** Streams of one connection, whose callers may be several behind a proxy. */
const ofConnectionMax = 8;

interface Question {
  readonly host: string;
  /** Which of the fields beside it is the question. */
  readonly messageRequest?: string;
}

/** What the library's handler has of a stream: it answers each question at once. */
interface LibraryStream {
  on(event: string, listener: (question: Question) => void): void;
  write(answer: unknown): void;
  end(): void;
}

interface LibraryHandlers {
  readonly ServerReflectionInfo: (stream: LibraryStream) => void;
}

type Definitions = Readonly<Record<string, MethodDefinition<Question, unknown>>>;

const paths = ['v1', 'v1alpha'].map((version) => `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`);

/** The service for these .proto files, in both of its versions. The library, which brings grpc-js with it, is loaded when somebody asks. */
export function createReflection(files: readonly string[]): readonly ServerMethod[] {
  let opened: ReadonlyMap<string, ServerMethod> | undefined;
  return paths.map((path) => ({
    path,
    isLong: true,
    serve: (call, server) => {
      opened ??= openReflection(files);
      opened.get(path)?.serve(call, server);
    },
  }));
}

/** Its methods by their paths. What a stream of it asks, and how far it may be behind in reading, has a limit that the library's own has not. */
function openReflection(files: readonly string[]): ReadonlyMap<string, ServerMethod> {
  const library = createRequire(import.meta.url)('@grpc/reflection') as typeof import('@grpc/reflection');
  const methods = new Map<string, ServerMethod>();
  const registry = {
    addService: (definitions: Definitions, { ServerReflectionInfo: serve }: LibraryHandlers) => {
      for (const definition of Object.values(definitions))
        methods.set(definition.path, streaming(definition, reflect(serve), { ofConnectionMax }));
    },
  };
  const loaded = Object.assign({}, ...files.map(loadReflected));
  new library.ReflectionService(loaded).addToServer(
    registry as unknown as Parameters<ReflectionService['addToServer']>[0],
  );
  return methods;
}

const reflect =
  (serve: LibraryHandlers['ServerReflectionInfo']): StreamingHandler<Question, unknown> =>
  (_call, responses) => {
    let waiting = 0;
    const listeners = new Map<string, (question: Question) => void>();
    serve({
      on: (event, listener) => void listeners.set(event, listener),
      write: (answer) => {
        waiting++;
        responses.write(answer, () => waiting--);
      },
      end: () => responses.end(),
    });
    return {
      message: (question) => {
        const chars = charsOf(question);
        if (chars > questionCharsMax)
          throw refusal(
            'INVALID_ARGUMENT',
            `the question: want at most ${questionCharsMax} characters, got ${chars}`,
            'QUESTION_TOO_LONG',
          );
        if (waiting >= waitingMax)
          throw refusal('RESOURCE_EXHAUSTED', `${waitingMax} answers are not read`, 'PEER_NOT_READING');
        listeners.get('data')?.(question);
      },
      end: () => listeners.get('end')?.(nothing),
      close: () => {},
    };
  };

const nothing: Question = { host: '' };

const refusal = (code: 'INVALID_ARGUMENT' | 'RESOURCE_EXHAUSTED', message: string, reason: string): InferError =>
  InferError.withoutStack(code, message, { reason });

/** A question is a text, a type with a number, or nothing that we know. */
function charsOf(question: Question): number {
  const asked = (question as unknown as Record<string, unknown>)[question.messageRequest ?? ''];
  const text = typeof asked === 'string' ? asked : (asked as { containingType?: string } | undefined)?.containingType;
  return question.host.length + (text?.length ?? 0);
}
