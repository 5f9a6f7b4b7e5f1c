/** An error that ends the whole connection. */
import { type ErrorCode, errorCodes } from './types.ts';

/** Thrown while frames are read, and caught where the connection hands them in. `message` goes to the peer with GOAWAY, and to the log. */
export class ConnectionFault extends Error {
  override readonly name = 'ConnectionFault';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export const protocolFault = (message: string): ConnectionFault =>
  new ConnectionFault(errorCodes.PROTOCOL_ERROR, message);

export const frameSizeFault = (message: string): ConnectionFault =>
  new ConnectionFault(errorCodes.FRAME_SIZE_ERROR, message);

/** A limit of `limits.ts` was passed. */
export const calmFault = (message: string): ConnectionFault =>
  new ConnectionFault(errorCodes.ENHANCE_YOUR_CALM, message);
