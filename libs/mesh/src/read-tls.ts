/** The `tls` parts of mesh.yaml: files that are there, hold what they are for, and fit one another now. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isRecord, readFields, text } from './fields.ts';
import type { DoorTls, ForeignTls, MeshTls } from './mesh.ts';
import type { MeshProblem } from './problem.ts';
import type { YamlFile } from './yaml-file.ts';

const pemBytesMax = 1024 * 1024;
const pemFile = text('a file in PEM, from the mesh folder', /^[^\0]+$/);
/** Whether a client needs one: of a door. */
const certificates = text('asked or required', /^(asked|required)$/);
const certificateBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Where in mesh.yaml. */
export interface TlsPlace {
  readonly yaml: YamlFile;
  readonly folder: string;
  readonly path: readonly string[];
  readonly problems: MeshProblem[];
}

/** Of the gateway's public door. */
export async function readDoorTls(place: TlsPlace, value: unknown): Promise<DoorTls | undefined> {
  const asked = isRecord(value) ? value['certificates'] : undefined;
  const files = await readFiles(place, value, ['certificate', 'key', 'clientCa'], { certificates });
  const { certificate, key } = files ?? {};
  if (!files) return undefined;
  if (asked === 'required' && isRecord(value) && !Object.hasOwn(value, 'clientCa'))
    place.problems.push(
      place.yaml.place(
        [...place.path, 'certificates'],
        'want clientCa with it: who vouches for the certificates that are required',
      ),
    );
  if (!certificate || !key) return missing(place, value, ['certificate', 'key']);
  return { ...files, certificate, key, ...(asked === 'required' ? { clientCertificate: 'require' as const } : {}) };
}

/** Between the gateway and its own services. */
export async function readMeshTls(place: TlsPlace, value: unknown): Promise<MeshTls | undefined> {
  const files = await readFiles(place, value, ['ca', 'certificate', 'key']);
  const { ca, certificate, key } = files ?? {};
  if (!files) return undefined;
  if (ca && certificate && key) return { ca, certificate, key };
  return missing(place, value, ['ca', 'certificate', 'key']);
}

/** An authority that signs callers and services alike would let any caller with a certificate take the place of a service. */
export async function checkAuthoritiesApart(
  { yaml, problems }: Pick<TlsPlace, 'yaml' | 'problems'>,
  door: DoorTls | undefined,
  mesh: MeshTls | undefined,
): Promise<void> {
  if (!door?.clientCa || !mesh) return;
  const [ofCallers, ofServices] = await Promise.all([authorityIn(door.clientCa), authorityIn(mesh.ca)]);
  if (ofCallers.some(({ fingerprint256 }) => ofServices.some((one) => one.fingerprint256 === fingerprint256)))
    problems.push(
      yaml.place(
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
export async function readForeignTls(place: TlsPlace, value: unknown): Promise<ForeignTls | undefined> {
  if (value === true) return {};
  const files = await readFiles(place, value, ['ca', 'certificate', 'key']);
  if (files && (files.certificate === undefined) !== (files.key === undefined))
    return missing(place, value, ['certificate', 'key']);
  return files;
}

/** Keys that are there and wrong have a problem of their own. */
function missing({ yaml, path, problems }: TlsPlace, value: unknown, wanted: readonly string[]): undefined {
  const absent = wanted.filter((key) => !(isRecord(value) && Object.hasOwn(value, key)));
  if (absent.length > 0)
    problems.push(yaml.place(path, `want ${wanted.join(', ')}; there is no ${absent.join(' and no ')}`));
  return undefined;
}

type Kind = 'ca' | 'certificate' | 'key' | 'clientCa';

async function readFiles<K extends Kind>(
  place: TlsPlace,
  value: unknown,
  kinds: readonly K[],
  others: Readonly<Record<string, typeof pemFile>> = {},
): Promise<{ [kind in K]?: string } | undefined> {
  if (value === undefined) return undefined;
  const { yaml, folder, path, problems } = place;
  const fields = { ...Object.fromEntries(kinds.map((kind) => [kind, pemFile])), ...others };
  const read = Object.entries(readFields(yaml, path, value, fields, problems));
  const given = read.filter(([name]) => !Object.hasOwn(others, name)) as [K, string][];
  const before = problems.length;
  const pems = new Map<Kind, Pem>();
  for (const [kind, name] of given) {
    const pem = await readPem(resolve(folder, name), name, kind);
    if (typeof pem === 'string') problems.push(yaml.place([...path, kind], pem));
    else pems.set(kind, pem);
  }
  if (problems.length === before) checkTogether(place, pems);
  return Object.fromEntries(given.map(([kind, name]) => [kind, resolve(folder, name)])) as { [kind in K]?: string };
}

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
function checkTogether({ yaml, path, problems }: TlsPlace, pems: ReadonlyMap<Kind, Pem>): void {
  const [ca, certificate, key] = [pems.get('ca'), pems.get('certificate'), pems.get('key')];
  const [own] = certificate?.certificates ?? [];
  if (own && key?.key && !own.checkPrivateKey(key.key))
    problems.push(
      yaml.place([...path, 'key'], `the key in "${key.name}" does not fit the certificate in "${certificate?.name}"`),
    );
  const isMesh = path.length === 1;
  if (!isMesh || !ca || !certificate) return;
  const vouched = certificate.certificates.some((one) => ca.certificates.some((by) => isIssued(one, by)));
  if (!vouched)
    problems.push(
      yaml.place([...path, 'certificate'], `the certificate in "${certificate.name}" is not one of "${ca.name}"`),
    );
}

const isIssued = (one: X509Certificate, by: X509Certificate): boolean =>
  one.checkIssued(by) && one.verify(by.publicKey);
