/** The messages of all methods but ModelInfer and the mesh stream: they are small, and protobufjs reads them, once they were found to be fit for it. */
import { InferError } from '@sheaf/inference';
import { stepLimits } from '../step-limits.ts';
import { malformed, WireReader } from '../wire/reader.ts';

/** How a message is read. */
interface Deserializer<Request> {
  requestDeserialize(message: Buffer): Request;
}

/**
 * Reads a message only when it is small and whole. protobufjs makes an object of each submessage, also of an empty one, and reads a field that claims more
 * bytes than its message has as if it ended with the message. Throws InferError.
 */
export function decodeSmall<Request>(definition: Deserializer<Request>, message: Buffer): Request {
  checkSize(message.length);
  if (message.length > 0) {
    const reader = new WireReader(message);
    while (reader.next() !== 0) reader.skip();
  }
  try {
    return definition.requestDeserialize(message);
  } catch {
    throw malformed('a field is not of the type that its message has it in');
  }
}

function checkSize(bytes: number): void {
  const { smallMessageBytesMax: limit } = stepLimits;
  if (bytes <= limit) return;
  throw InferError.withoutStack(
    'RESOURCE_EXHAUSTED',
    `the message of the call: want at most ${limit} bytes for this method, got ${bytes}`,
    { reason: 'MESSAGE_TOO_LARGE', metadata: { limit: String(limit), size: String(bytes) }, retryAfterMs: -1 },
  );
}
