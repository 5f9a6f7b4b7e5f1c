export { openConnection } from './client.ts';
export { encodeHeaders } from './hpack/encoder.ts';
export { InFlight } from './in-flight.ts';
export { acceptConnection } from './server.ts';
export type {
  AcceptConnection,
  ClientConnection,
  ClientConnectionHandler,
  ClientStream,
  ConnectionOptions,
  ErrorCode,
  Field,
  HeaderBlock,
  HeaderList,
  Http2Connection,
  Http2Stream,
  OpenConnection,
  ResponseHandler,
  ServerConnection,
  ServerConnectionHandler,
  ServerStream,
  StreamEnd,
  StreamHandler,
} from './types.ts';
export { errorCodes } from './types.ts';
