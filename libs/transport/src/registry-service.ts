/**
 * The Registry service as functions over its messages: those that a server answers with, and those that a client calls. The messages have every field there;
 * proto/sheaf/registry/v1/registry.proto tells what each is.
 */
import type { MethodDefinition } from '@grpc/proto-loader';
import type { Principal, TrustedCaller } from '@sheaf/inference';
import type { RegistryDefinition } from './generated/sheaf/registry/v1/Registry.ts';

export type { Alias__Output as AliasMessage } from './generated/sheaf/registry/v1/Alias.ts';
export type { AliasMove__Output as AliasMoveMessage } from './generated/sheaf/registry/v1/AliasMove.ts';
export type { AuditEntry__Output as RegistryAuditEntry } from './generated/sheaf/registry/v1/AuditEntry.ts';
export type { Entry__Output as EntryMessage } from './generated/sheaf/registry/v1/Entry.ts';
export type { EvidenceReport__Output as EvidenceReportMessage } from './generated/sheaf/registry/v1/EvidenceReport.ts';
export type { Manifest__Output as ManifestMessage } from './generated/sheaf/registry/v1/Manifest.ts';
export type { PushRequest__Output as PushRequest } from './generated/sheaf/registry/v1/PushRequest.ts';
export type { PushResponse__Output as PushResponse } from './generated/sheaf/registry/v1/PushResponse.ts';
export type { RolloutStanding__Output as RolloutStandingMessage } from './generated/sheaf/registry/v1/RolloutStanding.ts';
export type { Snapshot__Output as SnapshotMessage } from './generated/sheaf/registry/v1/Snapshot.ts';
export type { Version__Output as VersionMessage } from './generated/sheaf/registry/v1/Version.ts';

/** Without the signature that lets a definition have any method. */
type Methods = {
  [Name in keyof RegistryDefinition as string extends Name ? never : Name]: RegistryDefinition[Name];
};

type StreamName = 'Push' | 'Download' | 'Watch';

/** Who asks, and whether they still do. */
export interface RegistryCaller {
  readonly principal: Principal | TrustedCaller;
  /** Aborted when the caller has left; of a call that is answered once, never. */
  readonly signal: AbortSignal;
}

/** What a server answers each method with; each throws InferError, a stream as it is read. */
export type RegistryService = {
  readonly [Name in keyof Methods as Uncapitalize<Name>]: Methods[Name] extends MethodDefinition<
    infer _Request,
    infer _Response,
    infer Request,
    infer Response
  >
    ? Name extends 'Push'
      ? (requests: AsyncIterable<Request>, caller: RegistryCaller) => AsyncIterable<Response>
      : Name extends StreamName
        ? (request: Request, caller: RegistryCaller) => AsyncIterable<Response>
        : (request: Request, caller: RegistryCaller) => Promise<Response>
    : never;
};

/** A call that goes both ways. */
export interface StreamedCall<Request, Response> {
  /** Nothing happens when the call has ended. */
  send(request: Request): void;
  /** No more requests follow. */
  end(): void;
  /** Throws InferError when the call ends badly. To stop reading ends the call. */
  readonly responses: AsyncIterable<Response>;
}

/** What a client calls; each method throws InferError. A field that is left out has the default of its type. To stop reading a stream ends its call. */
export type RegistryCalls = {
  readonly [Name in keyof Methods as Uncapitalize<Name>]: Methods[Name] extends MethodDefinition<
    infer Request,
    infer _Response,
    infer _Request,
    infer Response
  >
    ? Name extends 'Push'
      ? () => StreamedCall<Request, Response>
      : Name extends StreamName
        ? (request: Request, signal?: AbortSignal) => AsyncIterable<Response>
        : (request: Request) => Promise<Response>
    : never;
};
