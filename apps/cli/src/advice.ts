import { InferError } from '@sheaf/inference';
import { UsageError } from './command.ts';

/** An error of a door, with what to do about it where that is known. */
export function withAdvice(error: unknown): unknown {
  if (!(error instanceof InferError)) return error;
  if (error.reason === 'SERVICE_UNAVAILABLE' || (error.code === 'UNAVAILABLE' && error.reason === 'UNAVAILABLE'))
    return new UsageError(
      `${error.message}; is the mesh up? (sheaf up <folder>, or --address <host:port>; --tls where it speaks TLS)`,
    );
  if (error.code === 'UNAUTHENTICATED')
    return new UsageError(`${error.message} (--key, or SHEAF_API_KEY; sheaf keys create makes one)`);
  return error;
}
