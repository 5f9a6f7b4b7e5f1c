/** What is in force, for people who look after it: nothing secret, and no path that says more than the folder does. */
import { isAbsolute, relative } from 'node:path';
import { type Mesh, pipelineDigest, policiesDigest, type SecretPlace, type Sent, type Service } from '@sheaf/mesh';
import type { PoliciesSpec } from '@sheaf/policies';
import type { Revision } from './revision.ts';

/** Where the public server listens, and how many bytes its calls in flight hold. */
export interface PublicServer {
  readonly host: string;
  readonly port: number;
  /** What the messages of its calls have of `limits.bytesInFlightMax` now. */
  readonly bytesInFlight: number;
}

export function describeConfiguration(
  revision: Revision,
  epoch: number,
  { host, port, bytesInFlight }: PublicServer,
): object {
  const { mesh } = revision;
  const { folder, gateway, limits, policies, secret, tls } = mesh;
  return {
    epoch,
    gateway: { host, port, bytesInFlight, replicas: gateway.replicas, tls: describeGatewayTls(folder, gateway.tls) },
    mesh: { tls: filesIn(folder, tls) ?? null, ...(secret ? { secret: placeIn(folder, secret) } : {}) },
    limits,
    models: mesh.models.map(({ name, versions }) => ({
      name,
      versions: versions.map(({ version }) => version),
      contents: versions.map(({ version, content, properties }) => ({
        version,
        digest: content.digest,
        properties: Object.fromEntries([...properties].map(([key, value]) => [cut(key), cut(value)])),
      })),
    })),
    aliases: Object.fromEntries([...mesh.aliases].map(([name, versions]) => [name, Object.fromEntries(versions)])),
    transforms: mesh.transforms.map(({ name, path }) => ({ name, file: path })),
    services: mesh.services.map((service) => describeService(service, revision, mesh)),
    pipelines: mesh.pipelines.map((pipeline) => describePipeline(pipeline, revision)),
    out: revision.catalog.out.map(({ kind, name, version = null, why, keeps }) => ({
      kind,
      name,
      version,
      why,
      keeps,
    })),
    policies: policies ? { hash: policiesDigest(mesh), ...describePolicies(policies, folder) } : null,
  };
}

function describePipeline(pipeline: Mesh['pipelines'][number], { mesh, catalog }: Revision): object {
  const { spec, file } = pipeline;
  const version = String(spec.version);
  return {
    name: spec.pipeline,
    version,
    file: inFolder(mesh.folder, file),
    digest: pipelineDigest(mesh, pipeline),
    ready: catalog.isReady(spec.pipeline, version),
  };
}

/** Of what model files say of themselves, which may be long; all of it is in ModelMetadata. */
const propertyCharsMax = 200;
const cut = (text: string): string =>
  text.length > propertyCharsMax ? `${text.slice(0, propertyCharsMax)}...`.toWellFormed() : text;

function describeService(service: Service, { services }: Revision, { folder, tls }: Mesh): object {
  const { name, models, transforms, transport, cpus = null, memoryMaxBytes = null, replicas, endpoint, sent } = service;
  const handle = services.all.find((other) => other.service === service);
  const endpoints = handle?.endpoints() ?? [];
  return {
    name,
    models,
    transforms,
    own: endpoint === undefined,
    ...(endpoint === undefined ? { cpus, memoryMaxBytes, replicas } : { target: targetIn(folder, endpoint) }),
    transport,
    sent: sent === undefined ? null : describeSent(sent, folder),
    tls: filesIn(folder, endpoint === undefined ? tls : service.tls) ?? null,
    ready: handle?.isReady() ?? false,
    endpoints: endpoints.map(({ target, isReady }) => ({ target: targetIn(folder, target), ready: isReady })),
  };
}

/** Where a token is, never what it is; of metadata only the keys, since a value may let somebody in. */
function describeSent({ metadata, token, authority, forward }: Sent, folder: string): object {
  return {
    metadata: Object.keys(metadata),
    token: token ? { ...placeIn(folder, token.place), header: token.header } : null,
    authority: authority ?? null,
    forward,
  };
}

/** Where a secret is. */
const placeIn = (folder: string, place: SecretPlace): SecretPlace =>
  'env' in place ? place : { file: inFolder(folder, place.file) };

/** A public key set is no secret; where it is may be. */
function describePolicies({ identity, ...others }: PoliciesSpec, folder: string): object {
  const jwt = identity.jwt.map((issuer) => ({
    ...issuer,
    issuer: withoutCredentials(issuer.issuer),
    jwks: isAbsolute(issuer.jwks) ? inFolder(folder, issuer.jwks) : withoutCredentials(issuer.jwks),
    ca: issuer.ca && inFolder(folder, issuer.ca),
  }));
  const limits = others.limits.map((limit) => ({ ...limit, cost: limit.cost?.text ?? null }));
  const { calls, file } = others.accessLog ?? { calls: 'refused' };
  const accessLog = { calls, file: file === undefined ? null : inFolder(folder, file) };
  return { identity: { ...identity, jwt }, ...others, accessLog, limits };
}

function describeGatewayTls(folder: string, tls: Mesh['gateway']['tls']): object | null {
  if (!tls) return null;
  const { clientCertificate, ...files } = tls;
  const certificates = clientCertificate === 'require' ? 'required' : 'asked';
  return { ...filesIn(folder, files), ...(tls.clientCa ? { certificates } : {}) };
}

/** Names of PEM files, by what they hold. */
function filesIn(folder: string, files: object | undefined): Record<string, string> | undefined {
  return (
    files && Object.fromEntries(Object.entries(files).map(([kind, file]) => [kind, inFolder(folder, String(file))]))
  );
}

/** From the folder; of a file elsewhere only that it is elsewhere. */
export function inFolder(folder: string, file: string): string {
  const path = isAbsolute(file) ? relative(folder, file) : file;
  return path === '..' || path.startsWith('../') || isAbsolute(path) ? '(outside the folder)' : path;
}

/** A gRPC target; one of `unix:` is a file. */
export function targetIn(folder: string, target: string): string {
  const [, file] = /^unix(?:-abstract)?:(?:\/\/)?(.*)$/.exec(target) ?? [];
  return file === undefined ? withoutCredentials(target) : `unix:${inFolder(folder, file)}`;
}

/** Who writes a password or a token into a URL writes it before the @ or after the ?. */
export const withoutCredentials = (url: string): string =>
  url.replace(/^((?:[a-z][a-z0-9+.-]*:)?\/\/+)?[^/?#@]*@/i, '$1').replace(/[?#].*$/, '?...');
