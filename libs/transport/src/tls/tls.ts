/** What the TLS of servers and of remotes have in common. */
import { type PemFiles, readPem } from './certificate-files.ts';

/** Files of a server, by their absolute paths, in PEM. They are read again when they change. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  /** Who vouches for clients. Without it they are asked for no certificate. */
  readonly clientCa?: string | undefined;
  /**
   * Where there is a `clientCa`: whether a client without a certificate may come in. Default `ask`, which lets it. A certificate that the CA does not
   * vouch for, or that has expired, ends the connection either way: who shows one wants to be known by it, and would be a stranger without a word.
   */
  readonly clientCertificate?: 'ask' | 'require';
}

/** What a remote is asked with. */
export interface RemoteTls extends PemFiles {
  /** Whom the server's certificate has to name, where that is not the host of the target. */
  readonly serverName?: string | undefined;
}

/** Among services that trust one CA and nobody else: each shows its certificate to the other. */
export const mutualTls = ({ ca, certificate, key }: Required<PemFiles>): TlsFiles => ({
  certificate: certificate ?? '',
  key: key ?? '',
  clientCa: ca,
  clientCertificate: 'require',
});

/** Throws FAILED_PRECONDITION with a sentence when the files cannot be used. */
export function checkTls(files: PemFiles): void {
  readPem(files);
}

/** A peer gets so long from the first byte to the last of a handshake. */
export const handshakeMaxMs = 10_000;

export const minimum = { minVersion: 'TLSv1.2' } as const;

/** The code of an error, never its text, which may hold what the peer sent. */
export function reasonOf(error: unknown): string {
  const code = typeof error === 'string' ? error : (error as NodeJS.ErrnoException | undefined)?.code;
  return code ?? 'UNKNOWN';
}
