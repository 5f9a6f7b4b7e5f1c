/** grpc-js, which is loaded when the first client of it is made: a process that asks only servers of ours starts sooner without it, and is smaller. */
import { createRequire } from 'node:module';

type GrpcJs = typeof import('@grpc/grpc-js');

const require = createRequire(import.meta.url);
let loaded: GrpcJs | undefined;

export function grpcJs(): GrpcJs {
  if (!loaded) {
    loaded = require('@grpc/grpc-js') as GrpcJs;
    // It writes to stderr on its own; what goes wrong is told by us, in our words. GRPC_VERBOSITY brings it back.
    if (!process.env['GRPC_VERBOSITY']) loaded.setLogVerbosity(loaded.logVerbosity.NONE);
  }
  return loaded;
}
