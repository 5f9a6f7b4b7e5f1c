/** Server reflection, with descriptors as protoc would make them. */
import type * as grpc from '@grpc/grpc-js';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { InferError } from '@sheaf/inference';
import descriptor from 'protobufjs/ext/descriptor/index.js';
import { protoFolder } from '../proto.ts';
import { toStatus } from '../status.ts';

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

/** A question names a file, a symbol or a type of ours, and the host that was called. */
const questionCharsMax = 1_024;
/** Answers that are made and not sent, as to a caller that asks and does not read. */
const waitingMax = 64;

interface Question {
  readonly host: string;
  /** Which of the fields beside it is the question. */
  readonly messageRequest?: string;
}

type ReflectionStream = grpc.ServerDuplexStream<Question, unknown>;

/** Adds the service for these .proto files. What a stream of it asks, and how far it may be behind in reading, has a limit that the library's own has not. */
export function addReflection(server: grpc.Server, files: readonly string[]): void {
  new ReflectionService(Object.assign({}, ...files.map(loadReflected))).addToServer({
    addService: (definition: grpc.ServiceDefinition, { ServerReflectionInfo: serve }: Handlers) =>
      server.addService(definition, { ServerReflectionInfo: (stream: ReflectionStream) => serve(bounded(stream)) }),
  } as unknown as grpc.Server);
}

interface Handlers {
  readonly ServerReflectionInfo: (stream: Backend) => void;
}

/** What the library's handler has of a stream. */
type Backend = ReturnType<typeof bounded>;

function bounded(stream: ReflectionStream) {
  let waiting = 0;
  let isOver = false;
  const fail = (code: 'INVALID_ARGUMENT' | 'RESOURCE_EXHAUSTED', message: string, reason: string): void => {
    isOver = true;
    stream.emit('error', toStatus(InferError.withoutStack(code, message, { reason })));
  };
  const take = (question: Question, answer: (question: Question) => void): void => {
    const chars = charsOf(question);
    if (isOver) return;
    if (chars > questionCharsMax)
      fail(
        'INVALID_ARGUMENT',
        `the question: want at most ${questionCharsMax} characters, got ${chars}`,
        'QUESTION_TOO_LONG',
      );
    else if (waiting >= waitingMax)
      fail('RESOURCE_EXHAUSTED', `${waitingMax} answers are not read`, 'PEER_NOT_READING');
    else answer(question);
  };
  return {
    on: (event: 'data' | 'end', listener: (question: Question) => void) =>
      event === 'data'
        ? stream.on('data', (question: Question) => take(question, listener))
        : stream.on(event, listener as () => void),
    write: (answer: unknown) => {
      waiting++;
      return stream.write(answer, () => waiting--);
    },
    end: () => {
      if (!isOver) stream.end();
    },
  };
}

/** A question is a text, a type with a number, or nothing that we know. */
function charsOf(question: Question): number {
  const asked = (question as unknown as Record<string, unknown>)[question.messageRequest ?? ''];
  const text = typeof asked === 'string' ? asked : (asked as { containingType?: string } | undefined)?.containingType;
  return question.host.length + (text?.length ?? 0);
}
