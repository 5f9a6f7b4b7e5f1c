/** What reads messages in a process of ours, taken alone. */
import { defaultLimits, InferError } from '@sheaf/inference';
import { readClientFrames, readServerFrames } from '../../libs/transport/src/mesh-stream/read-frames.ts';
// Past the entry of the room: a decoder is tried here by itself, so that its time is its own.
import { readRpcStatus } from '../../libs/transport/src/rpc-status.ts';
import { decodeRequest, decodeResponse } from '../../libs/transport/src/wire/codec.ts';

/** By the message that each reads. */
export const decoders: Readonly<Record<string, (message: Buffer) => unknown>> = {
  'inference.ModelInferRequest': (message) => decodeRequest(message, defaultLimits),
  'inference.ModelInferResponse': (message) => decodeResponse(message, defaultLimits),
  'sheaf.mesh.v1.ClientFrames': readClientFrames,
  'sheaf.mesh.v1.ServerFrames': readServerFrames,
  'google.rpc.Status': readRpcStatus,
};

export interface Timed {
  readonly ms: number;
  /** OK, or the gRPC code of the refusal; `CRASH` and what was thrown, if it is none of ours. */
  readonly outcome: string;
  readonly sentence: string;
}

export function timeDecoder(name: string, message: Buffer): Timed {
  // Of this thread alone: on a machine that has more to do than processors, it is what the message costs that counts, not the wait.
  const before = process.threadCpuUsage();
  let [outcome, sentence] = ['OK', ''];
  try {
    decoders[name]?.(message);
  } catch (error) {
    outcome = error instanceof InferError ? error.code : 'CRASH';
    sentence = error instanceof Error ? error.message : String(error);
  }
  const { user, system } = process.threadCpuUsage(before);
  return { ms: (user + system) / 1_000, outcome, sentence };
}
