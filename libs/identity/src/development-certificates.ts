import { X509Certificate as NodeCertificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { JsonGeneralName } from '@peculiar/x509';
import { InferError } from '@sheaf/inference';

/** A certificate and its private key, as PEM texts. */
export interface PemPair {
  readonly certificate: string;
  readonly key: string;
}

export interface DevelopmentCertificates {
  /** The authority of the mesh: it has signed the gateway's and the services'. Whoever has its key can make more of them. */
  readonly ca: PemPair;
  /** The authority of callers, another one: whoever may call the gateway is not thereby one of the services. */
  readonly clientCa: PemPair;
  /** Of the gateway: a server to callers, a client to services. */
  readonly gateway: PemPair;
  /** Of the services behind it. */
  readonly service: PemPair;
  /** Of somebody who calls, by common name; it cannot be used as a server. */
  client(name: string): Promise<PemPair>;
}

export interface DevelopmentCertificateOptions {
  readonly days: number;
  /** Names and addresses under which gateway and services are reached. */
  readonly hosts: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now?: number;
}

const daysMax = 825;
const dayMs = 24 * 60 * 60 * 1000;
/** Other machines' clocks may be behind ours. */
const startsEarlierMs = 5 * 60 * 1000;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const clientPattern = /^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$/i;

/** What the common name of a client may be: 1 to 64 letters, digits, dots, dashes, underscores. */
export const isClientName = (name: string): boolean => clientPattern.test(name);

/** A small authority for development: nothing that can be revoked, nothing to protect more than a machine of one's own. */
export async function createDevelopmentCertificates(
  options: DevelopmentCertificateOptions,
): Promise<DevelopmentCertificates> {
  const { days, hosts, now = Date.now() } = options;
  if (!(days >= 1 && days <= daysMax)) throw invalid(`days: want 1 to ${daysMax}, got ${days}`);
  if (hosts.length === 0) throw invalid('hosts: want one or more');
  const names = hosts.map(hostName);
  const period = [new Date(now - startsEarlierMs), new Date(now + days * dayMs)] as const;
  const authority = await createAuthority('sheaf development CA', ...period);
  const callers = await createAuthority('sheaf development CA of clients', ...period);
  return {
    ca: authority.pair,
    clientCa: callers.pair,
    gateway: await authority.issue('sheaf gateway', ['server', 'client'], names),
    service: await authority.issue('sheaf service', ['server', 'client'], names),
    async client(name) {
      if (!isClientName(name)) throw invalid('client name: want 1 to 64 letters, digits, dots, dashes, underscores');
      return callers.issue(name, ['client'], []);
    },
  };
}

const invalid = (message: string): InferError => new InferError('INVALID_ARGUMENT', message);

/** Whether a certificate may be for it: a name, *.name or an address. */
export const isHost = (host: string): boolean =>
  isIP(host) !== 0 || /^(\*\.)?[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9])?$/i.test(host);

function hostName(host: string): JsonGeneralName {
  if (!isHost(host)) throw invalid('hosts: want names and addresses');
  return { type: isIP(host) === 0 ? 'dns' : 'ip', value: host };
}

type Usage = 'server' | 'client';

/** Loaded only here, and with the polyfill that it asks for: a gateway that serves has no use for either. */
async function loadX509(): Promise<typeof import('@peculiar/x509')> {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

async function createAuthority(name: string, notBefore: Date, notAfter: Date) {
  const x509 = await loadX509();
  const { KeyUsageFlags: use } = x509;
  const createKeys = () => crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const period = { notBefore, notAfter, signingAlgorithm: algorithm };
  const keys = await createKeys();
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...period,
    name: [{ CN: [name] }],
    keys,
    extensions: [
      // It may sign no other authority.
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(use.keyCertSign | use.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });

  async function issue(name: string, usages: readonly Usage[], names: JsonGeneralName[]): Promise<PemPair> {
    const leaf = await createKeys();
    const purposes = usages.map((usage) => x509.ExtendedKeyUsage[usage === 'server' ? 'serverAuth' : 'clientAuth']);
    const certificate = await x509.X509CertificateGenerator.create({
      ...period,
      subject: [{ CN: [name] }],
      issuer: ca.subjectName.toJSON(),
      publicKey: leaf.publicKey,
      signingKey: keys.privateKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(use.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension(purposes),
        await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
        await x509.SubjectKeyIdentifierExtension.create(leaf.publicKey),
        ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
      ],
    });
    return toPem(certificate.rawData, leaf.privateKey);
  }

  return { pair: await toPem(ca.rawData, keys.privateKey), issue };
}

async function toPem(certificate: ArrayBuffer, privateKey: CryptoKey): Promise<PemPair> {
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', privateKey)).toString('base64');
  const lines = pkcs8.match(/.{1,64}/g) ?? [];
  return {
    certificate: new NodeCertificate(Buffer.from(certificate)).toString(),
    key: `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`,
  };
}
