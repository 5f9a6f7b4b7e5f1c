/** The `tls` parts of mesh.yaml: files that are there, hold what they are for, and fit one another now. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ForeignTlsGiven, MeshTlsGiven, ServerTlsGiven } from '../language/tls.ts';
import type { ForeignTls, MeshTls, ServerTls } from '../mesh.ts';
import type { MeshProblem } from '../problem.ts';
import type { Place } from '../yaml-file.ts';

const pemBytesMax = 1024 * 1024;
const certificateBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** A key of mesh.yaml that names files. */
export interface FilePlace {
  readonly place: Place;
  readonly folder: string;
  readonly path: readonly string[];
  readonly problems: MeshProblem[];
}

/** Of the gateway, for callers. */
export async function readServerTls(at: FilePlace, given: ServerTlsGiven | undefined): Promise<ServerTls | undefined> {
  if (!given) return undefined;
  const { certificates, certificate, key, clientCa } = given;
  const files = { certificate, key, ...(clientCa !== undefined && { clientCa }) };
  await checkFiles(at, files);
  return {
    ...absolute(at.folder, files),
    ...(certificates === 'required' ? { clientCertificate: 'require' as const } : {}),
  };
}

/** Between the gateway and its own services. */
export async function readMeshTls(at: FilePlace, given: MeshTlsGiven | undefined): Promise<MeshTls | undefined> {
  if (!given) return undefined;
  await checkFiles(at, given);
  return absolute(at.folder, given);
}

/** An authority that signs callers and services alike would let any caller with a certificate take the place of a service. */
export async function checkAuthoritiesApart(
  { place, problems }: Pick<FilePlace, 'place' | 'problems'>,
  server: ServerTls | undefined,
  mesh: MeshTls | undefined,
): Promise<void> {
  if (!server?.clientCa || !mesh) return;
  const [ofCallers, ofServices] = await Promise.all([authorityIn(server.clientCa), authorityIn(mesh.ca)]);
  if (ofCallers.some(({ fingerprint256 }) => ofServices.some((one) => one.fingerprint256 === fingerprint256)))
    problems.push(
      place(
        ['gateway', 'tls', 'clientCa'],
        'an authority of tls.ca signs callers too, so that each of them could open a service; want another authority',
      ),
    );
}

async function authorityIn(file: string): Promise<readonly X509Certificate[]> {
  const pem = await readPem(file, file, 'clientCa');
  // What is wrong with it has been told.
  return typeof pem === 'string' ? [] : pem.certificates;
}

/** Towards somebody else's server: `true` trusts the authorities that everybody trusts. */
export async function readForeignTls(
  at: FilePlace,
  given: ForeignTlsGiven | undefined,
): Promise<ForeignTls | undefined> {
  if (given === undefined) return undefined;
  if (given === true) return {};
  const { ca, certificate, key } = given;
  const files = {
    ...(ca !== undefined && { ca }),
    ...(certificate !== undefined && { certificate }),
    ...(key !== undefined && { key }),
  };
  await checkFiles(at, files);
  return absolute(at.folder, files);
}

type Kind = 'ca' | 'certificate' | 'key' | 'clientCa';
type Files = { readonly [kind in Kind]?: string };

/** Each file by itself, and where all are good, whether they fit one another. */
async function checkFiles(at: FilePlace, files: Files): Promise<void> {
  const { place, folder, path, problems } = at;
  const before = problems.length;
  const pems = new Map<Kind, Pem>();
  for (const [kind, name] of Object.entries(files) as [Kind, string][]) {
    const pem = await readPem(resolve(folder, name), name, kind);
    if (typeof pem === 'string') problems.push(place([...path, kind], pem));
    else pems.set(kind, pem);
  }
  if (problems.length === before) checkTogether(at, pems);
}

const absolute = <F extends Files>(folder: string, files: F): F =>
  Object.fromEntries(Object.entries(files).map(([kind, name]) => [kind, resolve(folder, name)])) as F;

interface Pem {
  /** As mesh.yaml writes it. */
  readonly name: string;
  /** Empty for a key. */
  readonly certificates: readonly X509Certificate[];
  readonly key: KeyObject | undefined;
}

/** What a file holds, or what is wrong with it. */
async function readPem(file: string, name: string, kind: Kind): Promise<Pem | string> {
  const stats = await stat(file).catch(() => undefined);
  if (!stats?.isFile()) return `there is no file "${name}"`;
  if (stats.size > pemBytesMax) return `"${name}" has ${stats.size} bytes; want at most ${pemBytesMax}`;
  const pem = await readFile(file, 'utf8').catch(() => undefined);
  if (pem === undefined) return `"${name}" cannot be read`;
  if (kind === 'key') return readKey(pem, name);
  try {
    const certificates = (pem.match(certificateBlock) ?? []).map((block) => new X509Certificate(block));
    if (certificates.length === 0) return `"${name}" holds no certificate in PEM`;
    // Of several authorities one may be over; of our own chain none.
    const outOfDate = certificates.map(whyNotNow);
    const why = kind === 'certificate' ? outOfDate.find(Boolean) : outOfDate.every(Boolean) && outOfDate[0];
    return why ? `the certificate in "${name}" ${why}` : { name, certificates, key: undefined };
  } catch {
    return `"${name}" holds a certificate that cannot be read`;
  }
}

function readKey(pem: string, name: string): Pem | string {
  if (/-----BEGIN ENCRYPTED |^Proc-Type: 4,ENCRYPTED/m.test(pem))
    return `the key in "${name}" is encrypted; want one without a passphrase`;
  try {
    return { name, certificates: [], key: createPrivateKey(pem) };
  } catch {
    return `"${name}" holds no private key in PEM`;
  }
}

function whyNotNow({ validFromDate, validToDate }: X509Certificate): string | undefined {
  const now = new Date();
  if (validToDate < now) return `expired on ${validToDate.toISOString()}`;
  if (validFromDate > now) return `is valid only from ${validFromDate.toISOString()}`;
  return undefined;
}

/** `ca` vouches for both ends only among our own services: a foreign server may know our certificate from elsewhere. */
function checkTogether({ place, path, problems }: FilePlace, pems: ReadonlyMap<Kind, Pem>): void {
  const [ca, certificate, key] = [pems.get('ca'), pems.get('certificate'), pems.get('key')];
  const [own] = certificate?.certificates ?? [];
  if (own && key?.key && !own.checkPrivateKey(key.key))
    problems.push(
      place([...path, 'key'], `the key in "${key.name}" does not fit the certificate in "${certificate?.name}"`),
    );
  const isMesh = path.length === 1;
  if (!isMesh || !ca || !certificate) return;
  const vouched = certificate.certificates.some((one) => ca.certificates.some((by) => isIssued(one, by)));
  if (!vouched)
    problems.push(
      place([...path, 'certificate'], `the certificate in "${certificate.name}" is not one of "${ca.name}"`),
    );
}

const isIssued = (one: X509Certificate, by: X509Certificate): boolean =>
  one.checkIssued(by) && one.verify(by.publicKey);
