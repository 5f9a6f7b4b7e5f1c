/** Server reflection. */
import { createRequire } from 'node:module';
import type { ReflectionService } from '@grpc/reflection';
import { InferError } from '@sheaf/inference';
import type { MethodDefinition } from './grpc/method-definition.ts';
import type { ServerMethod } from './grpc/methods.ts';
import { type StreamingHandler, streaming } from './grpc/streaming.ts';
import { loadReflected } from './reflected-files.ts';

/** A question names a file, a symbol or a type of ours, and the host that was called. */
const questionCharsMax = 1_024;
/** Answers that are made and not sent, as to a caller that asks and does not read. Further questions wait until some of them are. */
const unsentMax = 4;
/** Characters of a stream's questions that wait, `questionChars` more for each: a caller may ask some hundreds at once, and read the answers as they come. */
const waitingCharsMax = 64 * 1024;
const questionChars = 64;
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
  new library.ReflectionService(loadReflected(files)).addToServer(
    registry as unknown as Parameters<ReflectionService['addToServer']>[0],
  );
  return methods;
}

const reflect =
  (serve: LibraryHandlers['ServerReflectionInfo']): StreamingHandler<Question, unknown> =>
  (_call, responses) => {
    let unsent = 0;
    const waiting: Question[] = [];
    let waitingChars = 0;
    let hasEnded = false;
    let isAnswering = false;
    const listeners = new Map<string, (question: Question) => void>();
    serve({
      on: (event, listener) => void listeners.set(event, listener),
      write: (answer) => {
        unsent++;
        responses.write(answer, () => {
          unsent--;
          answerWaiting();
        });
      },
      end: () => responses.end(),
    });
    /** An answer that leaves at once calls this again, while it is at the next question already. */
    const answerWaiting = (): void => {
      if (isAnswering) return;
      isAnswering = true;
      while (unsent < unsentMax) {
        const question = waiting.shift();
        if (!question) break;
        waitingChars -= questionChars + charsOf(question);
        listeners.get('data')?.(question);
      }
      isAnswering = false;
      if (waiting.length > 0) responses.pause();
      else if (hasEnded) listeners.get('end')?.(nothing);
      else responses.resume();
    };
    return {
      message: (question) => {
        const chars = charsOf(question);
        if (chars > questionCharsMax)
          throw refusal(
            'INVALID_ARGUMENT',
            `the question: want at most ${questionCharsMax} characters, got ${chars}`,
            'QUESTION_TOO_LONG',
          );
        waiting.push(question);
        waitingChars += questionChars + chars;
        answerWaiting();
        if (waitingChars > waitingCharsMax)
          throw refusal(
            'RESOURCE_EXHAUSTED',
            `${unsentMax} answers are not read, and ${waiting.length} questions wait`,
            'PEER_NOT_READING',
          );
      },
      end: () => {
        hasEnded = true;
        answerWaiting();
      },
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
