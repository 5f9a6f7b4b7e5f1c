/** Weights that a model keeps in files beside it. */
import { byteLength } from '@sheaf/inference';
import { datatypes } from './element-types.ts';
import { refuse } from './refusal.ts';
import { intField, intsField, type Message, messagesField, stringField } from './wire.ts';

/** A file that a model keeps weights in. */
export interface ExternalFile {
  /** From the model's folder, with `/` and without `.` and `..`. */
  readonly location: string;
  /** The file has to be at least so large for all that is read of it. */
  readonly bytesMin: number;
}

/** Where the bytes of one tensor are. */
export interface ExternalTensor {
  /** As in {@link ExternalFile}. */
  readonly location: string;
  /** As the model writes it, such as `./w.bin`. */
  readonly written: string;
  readonly offset: number;
  readonly length: number;
}

const isExternal = (tensor: Message): boolean => intField(tensor, 14) === 1;

/** Where a tensor's bytes are, if they are in another file. Throws FAILED_PRECONDITION where that is no file of the model's folder. */
export function externalTensor(tensor: Message): ExternalTensor | undefined {
  if (!isExternal(tensor)) return undefined;
  const name = stringField(tensor, 8);
  const entries = new Map(messagesField(tensor, 13).map((entry) => [stringField(entry, 1), stringField(entry, 2)]));
  const written = entries.get('location') ?? '';
  const why = whyOutside(written);
  if (why) throw refuse(`weights "${name}" are in the file ${JSON.stringify(written)}, ${why}`);
  const location = partsOf(written).join('/');
  const offset = sizeOf(entries.get('offset') ?? '0');
  const length = sizeOf(entries.get('length') ?? '') ?? denseBytes(tensor);
  if (offset === undefined || length === undefined)
    throw refuse(`weights "${name}" are in the file "${location}" at a place that cannot be told`);
  return { location, written, offset, length };
}

const partsOf = (location: string): string[] => location.split('/').filter((part) => part !== '' && part !== '.');

/** Why a location is no file of the model's folder or below it. */
function whyOutside(location: string): string | undefined {
  if (partsOf(location).length === 0 || /[\p{Cc}\uFFFD]/u.test(location)) return 'which is no name of a file';
  // The runtime takes it for an address in the memory of its process.
  if (location.includes('_ORT_MEM_ADDR_')) return 'which is no name of a file';
  if (/^\/|\\|^[A-Za-z]:/.test(location) || partsOf(location).includes('..'))
    return 'which need not be in the folder of the model; want a file beside model.onnx, without "..", "\\" or a "/" in front';
  return undefined;
}

const sizeOf = (text: string): number | undefined => (/^[0-9]{1,15}$/.test(text) ? Number(text) : undefined);

/** What the tensor takes by its own shape. */
function denseBytes(tensor: Message): number | undefined {
  const datatype = datatypes.get(intField(tensor, 2));
  const dims = intsField(tensor, 1);
  const bytes = datatype && dims.every((dim) => dim >= 0) ? byteLength(datatype, dims) : undefined;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** The runtime takes no larger tensor from memory. */
const embeddedBytesMax = 2 ** 31 - 1;

/** Whether the runtime has to be let read the files itself, since a tensor is too large for it to be given. */
export const mustBeMapped = (tensors: readonly ExternalTensor[]): boolean =>
  tensors.some(({ length }) => length > embeddedBytesMax);

/** Each file once, in the order in which they are named. */
export function filesOf(tensors: readonly ExternalTensor[]): ExternalFile[] {
  const files = new Map<string, number>();
  for (const { location, offset, length } of tensors)
    files.set(location, Math.max(files.get(location) ?? 0, offset + length));
  return [...files].map(([location, bytesMin]) => ({ location, bytesMin }));
}
