/** Payloads and results: small ones are kept with their jobs. */
import { InferError } from '@sheaf/inference';
import { contentBytesMax } from '@sheaf/jobs';
import type { Contents } from './kinds/ports.ts';

export function openContents(_folder: string): Contents {
  return {
    read: async (content) => {
      if (content instanceof Uint8Array) return content;
      throw new InferError('UNIMPLEMENTED', 'this worker reads no payloads that are files');
    },
    keep: async (bytes) => {
      if (bytes.byteLength <= contentBytesMax) return bytes;
      throw new InferError(
        'RESOURCE_EXHAUSTED',
        `the result takes ${bytes.byteLength} bytes; a job keeps ${contentBytesMax}`,
        { reason: 'RESULT_TOO_LARGE' },
      );
    },
  };
}
