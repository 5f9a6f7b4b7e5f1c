/** Checks the servers between the processes of a mesh: none is open to everybody, or readable on the way, by oversight. */
import { InferError } from '@sheaf/inference';

export interface InternalServer {
  /** Whose it is, for the sentence. */
  readonly name: string;
  readonly host: string;
  /** Whether only this machine reaches that host. */
  readonly isLoopback: boolean;
  /** Whether it wants a certificate of the mesh. */
  readonly isTls: boolean;
  /** What it wants of whoever asks; undefined: nothing. */
  readonly secret: string | undefined;
  /** Whether it is meant that it asks nobody who they are. */
  readonly isOpen: boolean;
  /** Whether it is meant that it speaks plain text beyond this machine. */
  readonly isInsecure: boolean;
}

/** Throws FAILED_PRECONDITION, with what to write or type, where a server must not be opened as it is. */
export function checkExposure({ name, host, isLoopback, isTls, secret, isOpen, isInsecure }: InternalServer): void {
  if (isTls) return;
  if (secret === undefined && !isOpen)
    throw unfit(
      `${name} would answer whoever reaches its port: want in mesh.yaml secret: { file: <path> } or { env: <variable> }, which the processes of the mesh show one another, or tls; or --open, where that is meant`,
    );
  if (!isLoopback && !isInsecure)
    throw unfit(
      `${name}: ${host} is not loopback, and what goes there could be read and changed on the way: want in mesh.yaml tls: { ca: <file>, certificate: <file>, key: <file> } (sheaf certs makes some); or --insecure, where something else encrypts it, such as a service mesh`,
    );
}

const unfit = (message: string): InferError =>
  new InferError('FAILED_PRECONDITION', message, { reason: 'INTERNAL_SERVER_OPEN' });
