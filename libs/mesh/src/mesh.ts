import type { CacheSpec } from '@sheaf/cache';
import type { Aliases, Limits, Signature } from '@sheaf/inference';
import type { PipelineSpec, StageOutputs } from '@sheaf/pipeline';
import type { PoliciesSpec } from '@sheaf/policies';
import type { ShadowTraffic } from '@sheaf/rollout';
import type { BatchingOptions, ModelFiles, Provider, QueueOptions, TransformRights } from '@sheaf/runtime';
import type { Jobs } from './jobs.ts';
import type { SecretPlace } from './secret-place.ts';

export type { SecretPlace };

export interface ModelVersion {
  /** A positive decimal integer. */
  readonly version: string;
  /** Absolute. */
  readonly file: string;
  /** Those of `content` that make its session: the model itself, and the files that it keeps weights in. */
  readonly files: ModelFiles['files'];
  readonly signature: Signature;
  /** What a person should know of it, a sentence each. */
  readonly notices: readonly string[];
  readonly content: VersionContent;
  /** What it and its file say of themselves, as ModelMetadata tells it: `sheaf_digest`, `sheaf_producer`, and the metadata in the file. */
  readonly properties: ReadonlyMap<string, string>;
}

/** A file of a version. */
export interface VersionFile {
  /** From the folder of the version. */
  readonly path: string;
  readonly sizeBytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
}

/** What a version is: every file of it. */
export interface VersionContent {
  /** Absolute. */
  readonly folder: string;
  /** Sorted by path; the model file is one of them. */
  readonly files: readonly VersionFile[];
  /** `sha256:` and 64 hex digits, over all of `files`. */
  readonly digest: string;
}

export interface Model {
  readonly name: string;
  /** Newest first; never empty. */
  readonly versions: readonly [ModelVersion, ...ModelVersion[]];
  readonly runLimitMs: number;
  /** Undefined: what the service's CPUs give. */
  readonly intraOpThreads: number | undefined;
  /** What runs it, the first that the machine has. */
  readonly providers: readonly [Provider, ...Provider[]];
  /** MiB that its process may take before the workers are replaced. */
  readonly memoryMaxMb: number | undefined;
  /** The runtime's own terms. Undefined: what the dimensions of its inputs suggest. */
  readonly enableCpuMemArena: boolean | undefined;
  readonly enableMemPattern: boolean | undefined;
  /** Workers, each with a session and weights of its own. */
  readonly instances: number;
  /** Undefined when calls are never to be batched. */
  readonly batching: BatchingOptions | undefined;
  /** Of each of its versions. */
  readonly queue: QueueOptions;
}

export interface MeshTransform {
  /** How it is addressed as a model: its path without `./` and ending, `/` as `-`. */
  readonly name: string;
  /** As the pipelines write it, e.g. `./crop.ts`. */
  readonly path: string;
  /** Absolute. */
  readonly file: string;
  readonly signature: Signature;
  /** Models and pipelines that it asks. */
  readonly uses: readonly string[];
  /** Whether asking it twice does no more than asking it once. */
  readonly pure: boolean;
  /** All code that it may import, where it is of a version in a registry. Undefined: it is of the mesh folder. */
  readonly content?: VersionContent | undefined;
  /** What of `uses` is asked in this version (a number or an alias), by name; the rest in the one that callers get. */
  readonly pins?: ReadonlyMap<string, string> | undefined;
}

/** What the gateway shows callers: PEM files, absolute. */
export interface ServerTls {
  readonly certificate: string;
  readonly key: string;
  /** Who vouches for the certificates of clients. */
  readonly clientCa?: string;
  /** Nobody without one of these comes in. Absent: whoever shows none is a stranger. */
  readonly clientCertificate?: 'require';
}

/** What the gateway and its own services show and trust among themselves: PEM files, absolute. */
export interface MeshTls {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** What somebody else's server is asked with; without `ca` the authorities that everybody trusts. */
export type ForeignTls = Partial<MeshTls>;

/** What somebody else's server is sent beside a request; keys of metadata in lower case. */
export interface Sent {
  readonly metadata: Readonly<Record<string, string>>;
  /** Who we are to it. */
  readonly token?: { readonly place: SecretPlace; readonly header: string };
  /** Whom requests and its certificate name, where that is not the endpoint. */
  readonly authority?: string;
  /** Of the callers' metadata. */
  readonly forward: readonly string[];
}

/** What is deployed: a process that holds models or transforms, or somebody else's server at `endpoint`. */
export interface Service {
  readonly name: string;
  readonly models: readonly string[];
  /** Names of transforms. */
  readonly transforms: readonly string[];
  /** A gRPC target of a server that is not ours to start. */
  readonly endpoint: string | undefined;
  /** Undefined: `endpoint` is asked in plain text. Our own are asked with the `tls` of the mesh. */
  readonly tls?: ForeignTls | undefined;
  /** What its server may not say of its models, by name; only where there is an `endpoint`. */
  readonly signatures?: ReadonlyMap<string, Signature> | undefined;
  /** Only where there is an `endpoint`. */
  readonly sent?: Sent | undefined;
  /** 0 takes a free one. */
  readonly port: number;
  /** Processes of it. */
  readonly replicas: number;
  /** CPUs that it may take: the threads of its models. Undefined: see `runThreads`. */
  readonly cpus?: number | undefined;
  /** Bytes of resident memory that each of its processes may take; one that takes more is replaced. Undefined: what the machine has. */
  readonly memoryMaxBytes?: number | undefined;
  /** Of its transforms. Undefined: none beyond reading their folder and packages. */
  readonly rights?: TransformRights | undefined;
  /** Variables of the environment that its processes get, beside those that all get. */
  readonly env?: readonly string[] | undefined;
  /** How the gateway asks it: `stream` is for our own only. */
  readonly transport: 'unary' | 'stream';
}

/** The registry that a mesh follows, as mesh.yaml says. */
export interface RegistryPlace {
  /** A gRPC target. Undefined: the registry in the folder of the mesh. */
  readonly address?: string | undefined;
  /** Who we are to it. */
  readonly key?: SecretPlace | undefined;
  /** Undefined: plain text. */
  readonly tls?: ForeignTls | undefined;
  /** Versions that each alias meant before and that stay loaded. */
  readonly keep: number;
}

/** A pipeline and the file it was read from. */
export interface MeshPipeline {
  readonly spec: PipelineSpec;
  readonly file: string;
  /** Undefined where it depends on what somebody else's server says. */
  readonly signature?: Signature;
  readonly stageOutputs?: StageOutputs;
}

/** Something in the folder that is not served as it stands there. */
export interface OutPart {
  readonly kind: 'model' | 'transform' | 'pipeline' | 'route' | 'file';
  readonly name: string;
  /** Undefined: all of it. */
  readonly version?: string | undefined;
  /** For whoever runs the mesh: what is wrong, with file and line. */
  readonly why: string;
  /** Whether what was served before the folder changed is served on in its place. */
  readonly keeps: boolean;
}

/** One folder is one mesh. Everything in it has been checked; what is broken in the folder is in `out`, and nowhere else. */
export interface Mesh {
  /** Absolute. */
  readonly folder: string;
  readonly models: readonly Model[];
  readonly transforms: readonly MeshTransform[];
  /** Of all code in the folder, which any transform may import; undefined without transforms. */
  readonly codeDigest: string | undefined;
  readonly pipelines: readonly MeshPipeline[];
  /** What versions of models and pipelines are called. A version that it names may be out, but has been there. */
  readonly aliases: Aliases;
  /** Versions that get copies of calls, by the name of the model or pipeline. One that is not there gets none. */
  readonly shadows: ReadonlyMap<string, ShadowTraffic>;
  /** Which answers each gateway keeps. Undefined: none. */
  readonly cache?: CacheSpec | undefined;
  /** Work that is done later. */
  readonly jobs: Jobs;
  readonly services: readonly Service[];
  readonly limits: Limits;
  /** Undefined: the gateway listens on loopback, and everybody may use it. */
  readonly policies: PoliciesSpec | undefined;
  readonly gateway: Gateway;
  readonly resilience: Resilience;
  /** Undefined: the gateway and its services speak plain text among themselves. */
  readonly tls: MeshTls | undefined;
  /** Where that is which they show one another instead of certificates. Undefined: where they have one supervisor, it makes one for each start of the mesh. */
  readonly secret?: SecretPlace | undefined;
  /** Undefined: mesh.yaml names none. */
  readonly registry?: RegistryPlace | undefined;
  /** Whether the view of a registry is served beside the folder. Default: the folder alone is, whatever lies in its view. */
  readonly follows?: boolean | undefined;
  /** Files and folders that no transform reads, absolute. Undefined: none beyond those that no mesh folder shows. */
  readonly withheld?: readonly string[] | undefined;
  readonly out: readonly OutPart[];
  /** The names that are to be served, with all that they ask; `*` is all. Undefined: all of the folder is, and nobody loads or unloads. */
  readonly loaded?: readonly string[] | undefined;
  /** What is in the folder beside; none where `loaded` is undefined. */
  readonly unloaded?: readonly UnloadedPart[] | undefined;
}

/** A model or pipeline that is in the folder and not loaded. */
export interface UnloadedPart {
  readonly name: string;
  /** Newest first. */
  readonly versions: readonly string[];
}

/** Which policies stand between the gateway and its services, and in them; each is on unless told. */
export interface Resilience {
  readonly breaker: boolean;
  readonly retry: boolean;
  readonly ejection: boolean;
  readonly earlyRefusal: boolean;
  readonly quarantine: boolean;
  /** How many runs of a version with several instances go on at once is learned; else as many as it has instances. */
  readonly adaptiveLimit: boolean;
  /** Of what a service refuses for the most part, a share is not sent to it. */
  readonly throttle: boolean;
  /** An answer that took longer counts against a breaker; undefined: what is learned decides. */
  readonly slowMs?: number | undefined;
}

/** What of a mesh says which version answers: it changes without any process that starts or ends. */
export type Steering = Pick<Mesh, 'aliases'>;

/** The server that callers reach. */
export interface Gateway {
  readonly host: string;
  /** Of the first; each further one has the next. */
  readonly port: number;
  /** Processes of it; callers have the addresses of all. */
  readonly replicas: number;
  /** So long callers are still answered after health has said that a gateway leaves: more than balancers take to ask it. Milliseconds. */
  readonly noticeMs: number;
  /** Open at once, in each process; undefined: what a server has by default. */
  readonly connectionsMax?: number | undefined;
  /** How long a connection gets new calls, give or take a tenth, in milliseconds; 0 and undefined: for as long as it lasts. */
  readonly connectionAgeMaxMs?: number | undefined;
  /** Addresses and CIDR ranges of proxies that are believed about whom they speak for. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** Where they say so of a call; `x-forwarded-for` unless given. */
  readonly forwardedHeader?: 'x-forwarded-for' | 'forwarded' | undefined;
  /** Every connection begins with a header of the PROXY protocol. */
  readonly proxyProtocol?: 'any' | 'v1' | 'v2' | undefined;
  /** Variables of the environment that its processes get beside those that they all get. */
  readonly env?: readonly string[] | undefined;
  /** Where metrics are served: see `metricsPlace`. Undefined: nothing is written. False: nowhere. */
  readonly metrics?: MetricsServerGiven | false | undefined;
  /** Undefined: plain text. */
  readonly tls?: ServerTls | undefined;
}

/** Who scrapes the metrics of a mesh finds them here. */
export interface MetricsServerGiven {
  readonly host: string;
  /** Of the first gateway; each further one has the next. 0 takes a free one. Undefined: the port after those of the gateways. */
  readonly port?: number | undefined;
}

/** The name under which a service serves the transform at `path`. */
export const transformName = (path: string): string =>
  path
    .replace(/^\.\//, '')
    .replace(/\.[cm]?[jt]s$/, '')
    .replaceAll('/', '-');
