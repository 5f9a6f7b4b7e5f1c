/** Streams that stay (watches, reflection): whoever opened one has to be somebody who may still come in. */
import { errorCodes } from '@sheaf/http2';
import type { IncomingCall } from '../grpc/server-call.ts';
import { type Admit, authenticateAgain } from './authenticate.ts';

/** How often it is asked again. */
export const askAgainMs = 5_000;

/** Asks again as long as the stream is open; a caller that may not come in any more is told why, and the stream ends. Answers what stops the asking. */
export function askAgain(admit: Admit, call: IncomingCall): () => void {
  let timer: NodeJS.Timeout | undefined;
  const ask = async (): Promise<void> => {
    try {
      await authenticateAgain(admit, call);
      wait();
    } catch (error) {
      // One that has been ended, and waits for a caller who does not read, is not to wait for ever.
      if (call.isAnswered) call.reset(errorCodes.CANCEL);
      else call.refuse(error);
    }
  };
  const wait = (): void => {
    if (!call.isClosed) timer = setTimeout(() => void ask(), askAgainMs).unref();
  };
  wait();
  return () => clearTimeout(timer);
}
