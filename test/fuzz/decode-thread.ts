/** Decodes what it is sent, in a thread of its own: one that does not come back can be ended. */
import { parentPort } from 'node:worker_threads';
import { timeDecoder } from './decoders.ts';

parentPort?.on('message', ({ decoder, message }: { decoder: string; message: Uint8Array }) => {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  parentPort?.postMessage(timeDecoder(decoder, bytes));
});
