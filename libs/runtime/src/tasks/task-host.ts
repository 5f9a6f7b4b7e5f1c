/** Where the tasks of a worker run: in a thread of this process, or in a process of their own. */
import { Worker } from 'node:worker_threads';
import { InferError, type LogEntry, log } from '@sheaf/inference';
import { bindingProblem } from './binding-problem.ts';

export interface TaskHost {
  /** Memory that is transferred is nobody's any more where the host is a thread. */
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  /** Nothing is heard of it from then on. Stops JavaScript wherever it is; to end a thread in native code aborts the process. */
  end(): Promise<unknown>;
}

export interface HostEvents<Message> {
  readonly onMessage: (message: Message) => void;
  /** It has ended by itself; told in the log already. */
  readonly onLost: (why: InferError) => void;
}

export type StartHost<Message> = (events: HostEvents<Message>) => TaskHost;

export interface ThreadOptions {
  readonly module: URL;
  readonly workerData: unknown;
  /** What runs there, as the error messages name it, e.g. `model digits/1`. */
  readonly subject: string;
}

/** What a thread tells of an event, which is logged where the process logs. */
interface ThreadLog {
  readonly kind: 'log';
  readonly entry: LogEntry;
}

const isLog = (message: unknown): message is ThreadLog => (message as ThreadLog).kind === 'log';

export const inThread =
  <Message>({ module, workerData, subject }: ThreadOptions): StartHost<Message> =>
  ({ onMessage, onLost }) => {
    const worker = new Worker(module, { workerData });
    worker.on('message', (message: Message | ThreadLog) => {
      if (isLog(message)) log(message.entry.event, message.entry.message, message.entry.fields as object);
      else onMessage(message);
    });
    worker.on('error', (cause) => {
      const why = bindingProblem(cause);
      if (why === undefined) log('worker.failed', `${subject}: its worker failed`, { subject }, cause);
      onLost(
        why === undefined
          ? new InferError('INTERNAL', `${subject}: its worker failed`, { cause })
          : new InferError('FAILED_PRECONDITION', why, { cause }),
      );
    });
    return {
      post: (message, transfer) => worker.postMessage(message, transfer),
      end: () => {
        worker.removeAllListeners();
        return worker.terminate();
      },
    };
  };
