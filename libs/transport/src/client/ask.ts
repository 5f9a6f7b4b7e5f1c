import {
  CallCanceller,
  explainParameter,
  type InferRequest,
  type InferResponse,
  Journal,
  monotonicClock,
  type Parameter,
  randomHex,
  trustedCaller,
} from '@sheaf/inference';
import type { Remote } from './remote.ts';

export interface AskOptions {
  readonly version?: string;
  /** All outputs unless named. */
  readonly outputs?: readonly string[];
  /** Default 10,000. */
  readonly timeoutMs?: number;
  /** Asks for the path that the call takes. */
  readonly explain?: boolean;
  readonly parameters?: Readonly<Record<string, Parameter>>;
}

export interface Answered {
  readonly response: InferResponse;
  /** From before the request was sent until the answer was read. */
  readonly elapsedMs: number;
}

/** One inference, as a client outside the mesh makes it. */
export async function ask(
  server: Remote,
  model: string,
  inputs: InferRequest['inputs'],
  { version = '', outputs = [], timeoutMs = 10_000, explain = false, parameters = {} }: AskOptions = {},
): Promise<Answered> {
  const journal = new Journal();
  const startedAt = monotonicClock.now();
  const response = await server.infer(
    {
      model,
      version,
      id: randomHex(4),
      parameters: new Map<string, Parameter>([
        ...Object.entries(parameters),
        ...(explain ? [[explainParameter, true] as const] : []),
      ]),
      inputs,
      outputs,
    },
    {
      clock: monotonicClock,
      deadline: startedAt + timeoutMs,
      signal: new CallCanceller(),
      snapshot: { epoch: 0 },
      // It is told to processes of the mesh alone: who this is, the server finds out.
      principal: trustedCaller,
      journal,
      span: journal.start('request', model, undefined),
    },
  );
  return { response, elapsedMs: monotonicClock.now() - startedAt };
}
