/** `limits` of mesh.yaml. */
import { byteCount, integer, optional, type ValueOf } from '@sheaf/document';
import { defaultLimits, type Limits } from '@sheaf/inference';
import { dayMs, settings } from './common.ts';

/** What protobuf and the clients of all languages can do. */
const messageBytesMost = 2 ** 31;

const by = (key: keyof Limits): string => `Default ${defaultLimits[key]}`;
/** Of a limit that the folder raises by itself. */
const asNeeded = 'or as much more as the models, transforms and pipelines need';

export const limitFields = {
  messageBytesMax: optional(
    byteCount(1_024, messageBytesMost),
    `Bytes of one message of a caller, either way. ${by('messageBytesMax')} (64 MiB).`,
  ),
  innerMessageBytesMax: optional(
    byteCount(1_024, messageBytesMost),
    'Bytes of one message between the processes of the mesh. Default: `messageBytesMax`, which is the least too.',
  ),
  bytesInFlightMax: optional(
    byteCount(16 * 2 ** 20, 2 ** 40),
    'Bytes that the messages of all calls may take at the same time in each process, with their copies. Default: a quarter of the memory of the machine or container, and at least four messages of `innerMessageBytesMax`.',
  ),
  inputsMax: optional(integer(1, 4_096), `Inputs of a request. ${by('inputsMax')}, ${asNeeded}.`),
  outputsMax: optional(integer(1, 4_096), `Outputs that a request may name. ${by('outputsMax')}, ${asNeeded}.`),
  rankMax: optional(integer(1, 32), `Dimensions of a tensor. ${by('rankMax')}, ${asNeeded}.`),
  elementsMax: optional(
    integer(1, 2 ** 31 - 1),
    `Elements of a tensor. ${by('elementsMax')}, or \`innerMessageBytesMax\` where that is more, ${asNeeded}.`,
  ),
  nameCharsMax: optional(
    integer(1, 1_024),
    `Characters of the name of a model or tensor. ${by('nameCharsMax')}, ${asNeeded}.`,
  ),
  parametersMax: optional(integer(0, 1_024), `Parameters of a request. ${by('parametersMax')}.`),
  metadataBytesMax: optional(
    integer(1_024, 1_024 * 1_024),
    `Bytes of the metadata of a call, 32 more for each entry. ${by('metadataBytesMax')}.`,
  ),
  requestArrivalMaxMs: optional(
    integer(100, 600_000),
    `Milliseconds from the first byte of a call until its message is complete. ${by('requestArrivalMaxMs')}.`,
  ),
  concurrentStreamsMax: optional(
    integer(1, 65_536),
    `Calls at the same time on one connection. ${by('concurrentStreamsMax')}.`,
  ),
  concurrentCallsMax: optional(
    integer(1, 65_536),
    `Calls at the same time in one process. ${by('concurrentCallsMax')}.`,
  ),
  deadlineDefaultMs: optional(
    integer(1, dayMs),
    `Milliseconds that a caller has who names no deadline. ${by('deadlineDefaultMs')}.`,
  ),
  deadlineMaxMs: optional(
    integer(1, dayMs),
    `Milliseconds that a caller gets who names more. ${by('deadlineMaxMs')}, or the longest \`runLimitMs\` of a model.`,
  ),
};

export const limits = settings(limitFields);

/** Those that are said. */
export const limitsSaid = (given: ValueOf<typeof limits> | undefined): Partial<Limits> =>
  Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => value !== undefined));
