/** sheaf.predictions.v1.Predictions as functions from message to message. */
import { InferError, maySee, type Tensor } from '@sheaf/inference';
import { type JobsCaller, type PredictionMessage, type PredictionsService, responseMessage } from '@sheaf/transport';
import type { GenerationRecord, LookUp, StoredPrediction } from '../predictions.ts';
import { invalid, notThere, quoted } from '../refusals.ts';
import type { LaterPorts } from './ports.ts';

export type DecodeOutputs = (bytes: Uint8Array) => readonly Tensor[];

export interface PredictionPorts extends Pick<LaterPorts, 'opened'> {
  /** Loads what reads the outputs of a row as batches write them: whoever looks nothing up does without. */
  readonly loadDecode: () => Promise<DecodeOutputs>;
  /** Wall-clock milliseconds. */
  readonly now?: () => number;
}

const keysMax = 1_000;
const keyBytesMax = 1_024;
/** As much as clients take of a message unless they say otherwise is 4 MiB; a single prediction may be larger. */
const answerBytesMax = 16 * 2 ** 20;

export function predictionsMethods({ opened, loadDecode, now = Date.now }: PredictionPorts): PredictionsService {
  const lookUp = async (collection: string, keys: readonly string[], { principal }: JobsCaller): Promise<LookUp> => {
    const { predictions } = await opened();
    const found = maySee(principal, collection) ? await predictions.get(collection, keys) : undefined;
    if (!found || !maySee(principal, found.generation.subject))
      throw notThere('COLLECTION_NOT_FOUND', `there are no predictions ${quoted(collection)}`);
    return found;
  };
  const messageOf = (
    key: string,
    found: StoredPrediction | undefined,
    { subject, version }: GenerationRecord,
    { ageMsMax, decodeOutputs }: { readonly ageMsMax: number; readonly decodeOutputs: DecodeOutputs },
  ): PredictionMessage => {
    if (!found) return { key, isMissing: true, response: null, computedMs: 0, isStale: false };
    const { computedAt, outputs } = found;
    const response = responseMessage({ model: subject, version, outputs: decodeOutputs(outputs) });
    const isStale = ageMsMax > 0 && now() - computedAt > ageMsMax;
    return { key, isMissing: false, response, computedMs: computedAt, isStale };
  };
  return {
    get: async ({ collection, key, ageMsMax }, caller) => {
      checkKey('key', key);
      checkAge(ageMsMax);
      const { generation, epoch, predictions } = await lookUp(collection, [key], caller);
      const [found] = predictions;
      if (!found) throw notThere('PREDICTION_NOT_FOUND', `${quoted(collection)} has no prediction for ${quoted(key)}`);
      return {
        generation: generationMessage(generation, epoch),
        prediction: messageOf(key, found, generation, { ageMsMax, decodeOutputs: await loadDecode() }),
      };
    },
    batchGet: async ({ collection, keys, ageMsMax }, caller) => {
      if (keys.length === 0 || keys.length > keysMax)
        throw invalid('keys', `want 1 to ${keysMax}, got ${keys.length}`, 'KEYS_INVALID');
      for (const [index, key] of keys.entries()) checkKey(`keys[${index}]`, key);
      if (new Set(keys).size < keys.length) throw invalid('keys', 'want each key once', 'KEYS_INVALID');
      checkAge(ageMsMax);
      const { generation, epoch, predictions } = await lookUp(collection, keys, caller);
      const bytes = predictions.reduce((sum, found) => sum + (found?.outputs.byteLength ?? 0), 0);
      if (bytes > answerBytesMax)
        throw new InferError(
          'RESOURCE_EXHAUSTED',
          `keys: their predictions have ${bytes} bytes; want at most ${answerBytesMax} in an answer, so ask for fewer at once`,
          { reason: 'ANSWER_TOO_LARGE', retryAfterMs: -1 },
        );
      const how = { ageMsMax, decodeOutputs: await loadDecode() };
      return {
        generation: generationMessage(generation, epoch),
        predictions: keys.map((key, index) => messageOf(key, predictions[index], generation, how)),
      };
    },
  };
}

const generationMessage = ({ collection, number, subject, version }: GenerationRecord, epoch: number) => ({
  ...{ collection, number, subject, version, epoch },
});

function checkKey(field: string, key: string): void {
  const bytes = Buffer.byteLength(key);
  if (bytes === 0 || bytes > keyBytesMax)
    throw invalid(field, `want 1 to ${keyBytesMax} bytes of UTF-8, got ${bytes}`, 'KEYS_INVALID');
}

function checkAge(ageMsMax: number): void {
  if (ageMsMax < 0) throw invalid('age_ms_max', `want 0 or more, got ${ageMsMax}`, 'KEYS_INVALID');
}
