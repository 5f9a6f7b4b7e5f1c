/** Streams that stay (watches, reflection): whoever opened one has to be somebody who may still come in. */
import { constants, type ServerHttp2Stream } from 'node:http2';
import { toTrailers } from '../../status.ts';
import { ignoreError, refuse } from '../refusal.ts';

/** How often it is asked again. */
export const askAgainMs = 5_000;

/** Asks again as long as the stream is open; `admit` throws, or rejects, why its caller may not come in any more, and that ends the stream. */
export function askAgain(stream: ServerHttp2Stream, admit: () => unknown): void {
  let timer: NodeJS.Timeout | undefined;
  const ask = async (): Promise<void> => {
    try {
      await admit();
      wait();
    } catch (error) {
      end(stream, error);
    }
  };
  const wait = (): void => {
    if (!stream.destroyed && !stream.closed) timer = setTimeout(() => void ask(), askAgainMs).unref();
  };
  wait();
  stream.once('close', () => clearTimeout(timer));
}

/** grpc-js has the stream, and is not told: whatever it does of its own afterwards must find the stream closed, or do nothing. */
function end(stream: ServerHttp2Stream, error: unknown): void {
  if (stream.destroyed || stream.closed) return;
  if (!stream.headersSent) {
    refuse(stream, { error });
    stream.close(constants.NGHTTP2_NO_ERROR);
    return;
  }
  stream.on('error', ignoreError);
  if (stream.writableEnded) {
    // It has been ended, with trailers that wait for a caller who does not read.
    stream.close(constants.NGHTTP2_CANCEL);
    return;
  }
  const sendTrailers = stream.sendTrailers.bind(stream);
  // They can be sent once, and what sends them a second time throws.
  stream.sendTrailers = () => {};
  stream.once('wantTrailers', () => {
    sendTrailers(toTrailers(error));
    // The caller may have more to say, which nobody hears.
    setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR));
  });
  stream.end();
}
