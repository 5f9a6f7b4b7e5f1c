/** Certificates and keys in files, read again when the files change. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { createSecureContext } from 'node:tls';
import { InferError, log } from '@sheaf/inference';

/** PEM files by their absolute paths; a certificate comes with its key. */
export interface PemFiles {
  /** Whom we trust; the roots of Node when there is none. */
  readonly ca?: string | undefined;
  /** Ours, and after it whatever stands between it and a root. */
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

/** What stands in the files. */
export type Pem = { readonly [K in keyof PemFiles]: Buffer };

export interface PollOptions {
  /** Default 2,000. */
  readonly intervalMs?: number;
  readonly log?: (line: string) => void;
}

/** How often the files are looked at. Not fs.watch: it says nothing on network file systems, and loses a file that is replaced through a symlink. */
const lookIntervalMs = 2_000;
const fileBytesMax = 1024 * 1024;

const kinds = ['ca', 'certificate', 'key'] as const;

/** The newest state of the files that can be used: whatever they hold, what was good stays until something better is there. */
export class CertificateFiles {
  readonly #files: PemFiles;
  readonly #log: (line: string) => void;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #listeners = new Set<(pem: Pem) => void>();
  #state: string;
  /** The state that could not be used when it was seen last, and whether that was told. */
  #wrong: { readonly state: string; readonly told: boolean } | undefined;
  #current: Pem | undefined;

  constructor(
    files: PemFiles,
    { intervalMs = lookIntervalMs, log: tell = (line) => log('tls.unreadable', line) }: PollOptions = {},
  ) {
    this.#files = files;
    this.#log = tell;
    // Before the reading: what is written meanwhile is then seen at the next look.
    this.#state = stateOf(files);
    try {
      this.#current = readPem(files);
    } catch (error) {
      this.#tell(this.#state, error);
    }
    if (kinds.some((kind) => files[kind] !== undefined))
      this.#timer = setInterval(() => this.look(), intervalMs).unref();
  }

  /** Undefined as long as they could never be used. */
  get current(): Pem | undefined {
    return this.#current;
  }

  /** Answers what ends it. */
  onChange(listener: (pem: Pem) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#listeners.clear();
  }

  look(): void {
    const state = stateOf(this.#files);
    if (state === this.#state && this.#current) return;
    try {
      const pem = readPem(this.#files);
      this.#current = pem;
      this.#state = state;
      this.#wrong = undefined;
      for (const listener of this.#listeners) listener(pem);
    } catch (error) {
      // A certificate and its key are written one after the other: only what is still wrong at the next look is a mistake.
      if (this.#wrong?.state !== state) this.#wrong = { state, told: false };
      else if (!this.#wrong.told) this.#tell(state, error);
    }
  }

  #tell(state: string, error: unknown): void {
    this.#wrong = { state, told: true };
    const kept = this.#current ? '; what they held before is used on' : '';
    this.#log(`TLS: ${error instanceof InferError ? error.message : 'the certificates cannot be read'}${kept}`);
  }
}

/** The files of this process that are in use, each set of them watched once however many servers and remotes use it. */
const inUse = new Map<string, { readonly certificates: CertificateFiles; users: number }>();

export interface Lease {
  readonly certificates: CertificateFiles;
  /** Called once; the last one that does so ends the watching. */
  release(): void;
}

export function leaseCertificates({ ca, certificate, key }: PemFiles): Lease {
  const name = JSON.stringify([ca, certificate, key]);
  const entry = inUse.get(name) ?? { certificates: new CertificateFiles({ ca, certificate, key }), users: 0 };
  entry.users++;
  inUse.set(name, entry);
  return {
    certificates: entry.certificates,
    release: () => {
      entry.users--;
      if (entry.users > 0) return;
      inUse.delete(name);
      entry.certificates.close();
    },
  };
}

/** Reads the files and tries them; throws FAILED_PRECONDITION with a sentence that names them without their folders. */
export function readPem(files: PemFiles): Pem {
  const pem: Pem = Object.fromEntries(
    kinds.flatMap((kind) => {
      const file = files[kind];
      return file === undefined ? [] : [[kind, readFile(file)]];
    }),
  );
  for (const kind of ['ca', 'certificate'] as const) {
    const bytes = pem[kind];
    if (bytes && !isCertificate(bytes)) throw unusable(`${basename(files[kind] ?? '')} holds no certificate in PEM`);
  }
  const { certificate = '', key = '' } = files;
  // Not left to OpenSSL alone, which drops a key that does not fit and says nothing.
  if (pem.certificate && !isKeyOf(pem.certificate, pem.key))
    throw unusable(`${basename(key)} holds no key in PEM that fits the certificate in ${basename(certificate)}`);
  try {
    createSecureContext({ ...(pem.ca ? { ca: pem.ca } : {}), cert: pem.certificate, key: pem.key });
  } catch (cause) {
    const names = Object.values(files).flatMap((file) => (file === undefined ? [] : [basename(file)]));
    throw unusable(`OpenSSL takes no TLS from ${names.join(', ')}`, cause);
  }
  return pem;
}

function readFile(file: string): Buffer {
  try {
    if (statSync(file).size > fileBytesMax) throw unusable(`${basename(file)} has more than ${fileBytesMax} bytes`);
    return readFileSync(file);
  } catch (cause) {
    if (cause instanceof InferError) throw cause;
    throw unusable(`${basename(file)} cannot be read (${(cause as NodeJS.ErrnoException).code})`, cause);
  }
}

function isCertificate(bytes: Buffer): boolean {
  try {
    return new X509Certificate(bytes) !== undefined;
  } catch {
    return false;
  }
}

function isKeyOf(certificate: Buffer, key: Buffer | undefined): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key ?? ''));
  } catch {
    return false;
  }
}

const unusable = (message: string, cause?: unknown): InferError =>
  new InferError('FAILED_PRECONDITION', message, { reason: 'CERTIFICATES_UNUSABLE', cause });

/** Differs when a file was written, replaced, or pointed elsewhere. */
const stateOf = (files: PemFiles): string => kinds.map((kind) => fileState(files[kind])).join(' ');

/** Of one file. */
export function fileState(file: string | undefined): string {
  if (file === undefined) return '';
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
    return `${ino}:${size}:${mtimeNs}:${ctimeNs}`;
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}
