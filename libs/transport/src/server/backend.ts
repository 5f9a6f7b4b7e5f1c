/** What stands behind a server. */
import type {
  Infer,
  Journal,
  Load,
  ModelDescription,
  Principal,
  Propagation,
  Sample,
  Snapshot,
  Span,
  TrustedCaller,
} from '@sheaf/inference';
import type { AdminService } from '../admin-service.ts';
import type { ModelStatistics } from '../generated/inference/ModelStatistics.ts';
import type { LaterServices } from '../jobs-service.ts';
import type { TellMetrics } from '../mesh-metrics.ts';
import type { RegistryService } from '../registry-service.ts';
import type { Admit } from './auth/authenticate.ts';
import type { CallLog } from './call-record.ts';

/** Calls that cannot be told what they are for, by whom they are from: to read what says nothing takes time as well. */
export interface Strays {
  /** Before a message is looked at: throws where its caller has sent too many. */
  check(principal: Principal | TrustedCaller, called: () => CallHead): void;
  /** A message could not be read; throws where that was one too many. */
  take(called: CallHead): Promise<void>;
}

/** As much of a call as is known before its message. */
export interface CallHead {
  readonly principal: Principal | TrustedCaller;
  /** Where it comes from. */
  readonly address?: string | undefined;
  readonly journal: Journal;
  readonly span?: Span;
}

/** A version of a model or pipeline that there is. */
export interface ModelState {
  readonly name: string;
  /** Empty where none is known. */
  readonly version: string;
  readonly state: 'READY' | 'UNAVAILABLE' | 'LOADING';
  /** Why it is not ready; empty otherwise. */
  readonly reason: string;
}

/** The model repository extension of the protocol. */
export interface Repository {
  /** All that there is and this principal may see, served or not. */
  readonly index: (principal: Principal | TrustedCaller) => readonly ModelState[];
  /** Resolves when it is served; throws where it cannot be, or not on behalf of this principal. */
  readonly load: (name: string, principal: Principal | TrustedCaller) => Promise<void>;
  /** Resolves when no new call gets to it. `withDependents`: nor to what it asks. */
  readonly unload: (name: string, withDependents: boolean, principal: Principal | TrustedCaller) => Promise<void>;
}

/** What stands behind a server. */
export interface Backend {
  /** To be done by the deadline of its context, and when its signal is aborted: the server does not look after it. */
  readonly infer: Infer;
  /** Throws NOT_FOUND for what is not there, or not for this principal. */
  readonly describe: (name: string, version: string, principal: Principal | TrustedCaller) => ModelDescription;
  /** Never throws: what is not there is not ready. */
  readonly isReady: (name: string, version: string, principal: Principal | TrustedCaller) => boolean;
  /** How busy a model version is, where that is known. */
  readonly load?: (name: string, version: string) => Load | undefined;
  /** What was asked of the versions of a model that this principal may see; an empty name is all models, an empty version all versions. Throws NOT_FOUND. */
  readonly statistics?: (
    name: string,
    version: string,
    principal: Principal | TrustedCaller,
  ) => readonly ModelStatistics[] | Promise<readonly ModelStatistics[]>;
  /** Of a public server. */
  readonly repository?: Repository;
  /** What this process tells a gateway of its mesh for a scrape. */
  readonly metrics?: TellMetrics;
  /** Of all that a service holds, told in ServerMetadata: who asks its replicas sees whether they are of one content. */
  readonly contentDigest?: string | undefined;
  /** Names that health answers for, besides the server itself. */
  readonly names: () => readonly string[];
  /** What health says of a name, as of the last `open`. Default: that it is served. */
  readonly isServing?: (name: string) => boolean;
  /** Whether the server as a whole can do its work; asked with each `open`, and of ServerReady and ModelReady. Default: it can. */
  readonly isWell?: () => boolean;
  /** Pinned when a call enters. */
  readonly snapshot: () => Snapshot;
  /** Called once per call, after its answer, and for calls that were refused before. */
  readonly onJournal: (journal: Journal) => void;
  /** Told of a trace that is kept though its calls said that it is not traced, by its id. */
  readonly onKept?: (traceId: string) => void;
  /** Whether what a call does is traced. Default: as its caller says. */
  readonly sample?: Sample;
  /** In which headers callers say of a trace. Default: those of W3C. */
  readonly propagation?: Propagation;
  /** What of a caller's `baggage` is handed on; undefined: nothing. Default: all that is well-formed. */
  readonly acceptBaggage?: (baggage: string) => string | undefined;
  /** Asked of every call of every method, before its message is read. Undefined: whoever reaches the server comes in. */
  readonly admit?: Admit;
  /** Held to limits: what the server itself refuses of the messages of those who came in. Default: nothing is. */
  readonly strays?: Strays;
  /** Served as sheaf.admin.v1.Admin: on a public server, whose `admit` says who may call it. */
  readonly admin?: AdminService | undefined;
  /** Served as sheaf.registry.v1.Registry, likewise. */
  readonly registry?: RegistryService | undefined;
  /** Served as sheaf.jobs.v1.Jobs, google.longrunning.Operations and sheaf.predictions.v1.Predictions, likewise. */
  readonly later?: LaterServices | undefined;
  /** Told of each call when it has ended. */
  readonly calls?: CallLog;
}
