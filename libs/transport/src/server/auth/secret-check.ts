/** What an internal server wants of whoever asks: the secret of its mesh. */
import { timingSafeEqual } from 'node:crypto';
import { InferError } from '@sheaf/inference';
import { secretHeader, secretReason, shownSecret } from '../../mesh-secret.ts';
import { HandshakeLog } from '../../tls/handshake-log.ts';

/** As much of a call as shows whether it knows the secret. */
export interface SecretBearer {
  readonly headers: { readonly list: { get(key: string): string | undefined } };
  readonly connection: { readonly address: string };
}

/** Whether a call shows the secret. */
export type KnowsSecret = (call: SecretBearer) => boolean;

/** `name` is the server's, in the log, which is told once per address and minute of who does not know it. */
export function createSecretCheck(name: string, secret: string, log = new HandshakeLog()): KnowsSecret {
  const wanted = Buffer.from(shownSecret(secret));
  return ({ headers, connection }) => {
    const given = Buffer.from(headers.list.get(secretHeader) ?? '');
    // How long it is, is no secret.
    if (given.length === wanted.length && timingSafeEqual(given, wanted)) return true;
    const from = connection.address || 'a peer that is gone';
    log.tell(from, `${name}: a call from ${from} without the secret of the mesh was refused`);
    return false;
  };
}

export const wantsSecret = InferError.withoutStack(
  'UNAUTHENTICATED',
  'this is a server between the processes of a mesh: want the secret of the mesh as "authorization: Bearer ..."',
  { reason: secretReason },
);
