/** Certificates for tests: authorities, and what they sign. */
import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';

// tsyringe, which @peculiar/x509 stands on, asks for the metadata of decorators (reflect-metadata); that there is none is a good answer here.
const noMetadata = (): undefined => undefined;
if (!('getMetadata' in Reflect)) Object.assign(Reflect, { getMetadata: noMetadata, getOwnMetadata: noMetadata });
const {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} = await import('@peculiar/x509');

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 24 * 3_600_000;

/** Both in PEM. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
  /** Upper-case hex without leading zeros, as Node tells it. */
  readonly serial: string;
}

export interface Wanted {
  readonly commonName?: string;
  /** Host names, addresses and URIs; `localhost` and `127.0.0.1` unless told. */
  readonly names?: readonly string[];
  /** From now; negative ones are past. A day unless told. */
  readonly validMs?: number;
}

export interface Authority {
  readonly certificate: string;
  issue(wanted?: Wanted): Promise<Issued>;
}

let serials = Date.now();
const nextSerial = (): string => (++serials).toString(16).padStart(16, '1');

export async function createAuthority(commonName = 'Test CA'): Promise<Authority> {
  const keys = await newKeys();
  const own = await X509CertificateGenerator.createSelfSigned({
    serialNumber: nextSerial(),
    name: `CN=${commonName}`,
    notBefore: new Date(Date.now() - dayMs),
    notAfter: new Date(Date.now() + 10 * dayMs),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, 1, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  return {
    certificate: own.toString('pem'),
    issue: (wanted) => issue(wanted, { issuer: `CN=${commonName}`, signingKey: keys.privateKey }),
  };
}

/** A certificate that nobody vouches for but itself. */
export const createSelfSigned = (wanted?: Wanted): Promise<Issued> => issue(wanted, undefined);

interface Signer {
  readonly issuer: string;
  readonly signingKey: webcrypto.CryptoKey;
}

async function issue(
  { commonName = 'test', names = ['localhost', '127.0.0.1'], validMs = dayMs }: Wanted = {},
  signer: Signer | undefined,
): Promise<Issued> {
  const keys = await newKeys();
  const subject = `CN=${commonName}`;
  const { issuer, signingKey } = signer ?? { issuer: subject, signingKey: keys.privateKey };
  const serial = nextSerial();
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serial,
    subject,
    issuer,
    notBefore: new Date(Date.now() - 2 * dayMs),
    notAfter: new Date(Date.now() + validMs),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(false),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
      new SubjectAlternativeNameExtension(names.map((value) => ({ type: kindOf(value), value }))),
    ],
  });
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = `-----BEGIN PRIVATE KEY-----\n${der.toString('base64').replaceAll(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`;
  return { certificate: certificate.toString('pem'), key, serial: serial.toUpperCase() };
}

const kindOf = (name: string): 'ip' | 'url' | 'dns' => (isIP(name) ? 'ip' : name.includes('://') ? 'url' : 'dns');

const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;
