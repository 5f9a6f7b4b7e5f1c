/** What an access log is told of each call of a server: gathered while it runs, told when its stream has closed. */
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { monotonicClock, type Principal } from '@sheaf/inference';
import { textOf } from '../headers.ts';
import { errorInfoIn, readRpcStatus } from '../rpc-status.ts';
import { addressOf } from './connections/caller-address.ts';

/** A call that has ended; nothing of its tensors, its credential or its metadata but what names it. */
export interface EndedCall {
  /** Such as `/inference.GRPCInferenceService/ModelInfer`. */
  readonly method: string;
  /** Where the connection comes from; '' where it has no address. */
  readonly address: string;
  /** Undefined while nobody knows who it was, as of one that was refused for its credential. */
  readonly principal: Principal | undefined;
  /** As the caller named them; '' where it named none, or was refused before it was read. */
  readonly model: string;
  readonly version: string;
  /** `OK` or another code of gRPC; `HTTP 405` and its like for what was no gRPC; `CANCELLED` where the caller left first. */
  readonly code: string;
  /** Of a refusal, as `google.rpc.ErrorInfo` has it; '' where there is none. */
  readonly reason: string;
  /** Of the messages. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** From its headers until its stream closed. */
  readonly ms: number;
  /** '' where it was refused before it had one. */
  readonly traceId: string;
}

/** Hears of the calls of a server. Never throws, and never takes long. */
export interface CallLog {
  /** Whether calls that end so are told: nothing is gathered of others. */
  wants(code: string): boolean;
  add(call: EndedCall): void;
}

/** What is known of a call while it runs. */
export interface CallFacts {
  readonly address: string;
  principal: Principal | undefined;
  model: string;
  version: string;
  reason: string;
  bytesIn: number;
  bytesOut: number;
}

/** Of each stream, as it comes; `headers` are as the caller sent them. */
export function openFacts(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  log: CallLog | undefined,
): CallFacts {
  const address = addressOf(stream.session as ServerHttp2Session, headers);
  const facts: CallFacts = {
    address,
    principal: undefined,
    model: '',
    version: '',
    reason: '',
    bytesIn: 0,
    bytesOut: 0,
  };
  if (log) {
    const openedAt = monotonicClock.now();
    const method = String(headers[':path']);
    stream.once('close', () => {
      const told = stream.sentTrailers ?? (stream.sentHeaders as typeof stream.sentHeaders | undefined) ?? {};
      const code = codeOf(told);
      if (!log.wants(code)) return;
      const { reason = code === 'OK' ? '' : reasonIn(told), ...known } = {
        ...facts,
        reason: facts.reason || undefined,
      };
      const traceId = textOf(told['x-trace-id'] as string | undefined) ?? '';
      log.add({ ...known, method, code, reason, ms: monotonicClock.now() - openedAt, traceId });
    });
  }
  return facts;
}

type Sent = Readonly<Record<string, unknown>>;

function codeOf(told: Sent): string {
  if (told['grpc-status'] !== undefined) return status[Number(told['grpc-status'])] ?? 'UNKNOWN';
  const httpStatus = Number(told[':status'] ?? 200);
  return httpStatus === 200 ? 'CANCELLED' : `HTTP ${httpStatus}`;
}

/** Of what grpc-js has answered. */
function reasonIn(told: Sent): string {
  const details = told['grpc-status-details-bin'];
  if (typeof details !== 'string') return '';
  try {
    return errorInfoIn(readRpcStatus(Buffer.from(details, 'base64')).details)?.reason ?? '';
  } catch {
    return '';
  }
}
