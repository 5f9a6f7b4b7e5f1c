/** What the process of a transform sends. Its code may send whatever it likes, so nothing of it is used before it has been looked at. */
import { inferErrorCodes, isDatatype } from '@sheaf/inference';
import type { PackedTensor } from '../tasks/packed-tensor.ts';
import type { TaskFailure, TaskMessage } from '../tasks/task-worker.ts';

/** The process ends for this. */
export interface Failed {
  readonly failed: TaskFailure;
}

export type TransformMessage = TaskMessage<readonly PackedTensor[]> | Failed;

/** Undefined for whatever is no message of ours. */
export const readMessage = (message: unknown): TransformMessage | undefined =>
  isRecord(message) && isRight(message) ? (message as unknown as TransformMessage) : undefined;

function isRight(message: Fields): boolean {
  if ('failed' in message) return isFailure(message['failed']);
  if ('loaded' in message)
    return message['loaded'] === true || (message['loaded'] === false && isFailure(message['failure']));
  if (!isCount(message['id'])) return false;
  if ('asks' in message) {
    const { asks, model, inputs, outputs } = message;
    return isCount(asks) && isText(model) && isListOf(inputs, isPacked) && isListOf(outputs, isText);
  }
  const { ok, result, ms, failure } = message;
  if (ok === false) return isFailure(failure);
  return ok === true && isListOf(result, isPacked) && Number.isFinite(ms) && Number(ms) >= 0;
}

export const isFailure = (value: unknown): value is TaskFailure =>
  isRecord(value) &&
  (inferErrorCodes as readonly unknown[]).includes(value['code']) &&
  isText(value['message']) &&
  [value['reason'], value['log']].every((text) => text === undefined || isText(text));

const isPacked = (value: unknown): value is PackedTensor =>
  isRecord(value) &&
  isText(value['name']) &&
  isDatatype(value['datatype']) &&
  isListOf(value['shape'], isCount) &&
  value['memory'] instanceof ArrayBuffer;

type Fields = Readonly<Record<string, unknown>>;

export const isRecord = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const isText = (value: unknown): value is string => typeof value === 'string';
export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const isListOf = (value: unknown, isOne: (one: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(isOne);
