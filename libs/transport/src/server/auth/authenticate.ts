/** Who may come in: asked of every call before its message is read, whatever method it calls. */
import { InferError, type Principal } from '@sheaf/inference';
import type { IncomingCall } from '../grpc/server-call.ts';
import type { Peer } from './peer.ts';

/** A call, before its message has come. */
export interface AuthRequest {
  /** Such as `/inference.GRPCInferenceService/ModelInfer`. */
  readonly method: string;
  /** The caller's metadata; keys in lower case. */
  readonly metadata: (key: string) => string | undefined;
  readonly peer: Peer | undefined;
  /** Where the connection comes from; undefined where it has no address. */
  readonly address?: string | undefined;
  /** Told who it is as soon as that is known, also where the call is then refused. */
  readonly onKnown?: (principal: Principal) => void;
}

/** Answers on whose behalf a call is, or throws why it may not come in. */
export type Admit = (request: AuthRequest) => Principal | Promise<Principal>;

/** What only a gateway may say; nobody outside is believed. */
const owned =
  /^(x-sheaf-|x-gw-|x-mesh-|ratelimit|x-ratelimit-|x-usage-|x-cache$|x-served-by$|x-gateway-inference-fairness-id$|grpc-retry-pushback-ms$|endpoint-load-metrics-bin$|x-envoy-|x-forwarded-)/;

/** What is asked of a call is also hidden from whoever answers it: who its caller is stands in its principal. */
const isHidden = (key: string): boolean => key === 'x-tenant' || owned.test(key);

/** Whether a call comes in, at once where that can be told; throws, or rejects, why not. */
export function authenticate(admit: Admit, call: IncomingCall): Principal | Promise<Principal> {
  const admitted = admit(authRequestOf(call));
  return admitted instanceof Promise ? admitted.then((principal) => enter(call, principal)) : enter(call, admitted);
}

/** Of a call that is in: throws, or rejects, where it would not come in any more. */
export const authenticateAgain = (admit: Admit, call: IncomingCall): unknown => admit(authRequestOf(call));

function authRequestOf(call: IncomingCall): AuthRequest {
  const { method, headers, facts, peer } = call;
  return {
    method,
    metadata: (key) => (owned.test(key) || call.isSecret(key) ? undefined : headers.list.get(key)),
    peer,
    address: facts.address || undefined,
    onKnown: (principal) => {
      facts.principal = principal;
    },
  };
}

function enter(call: IncomingCall, principal: Principal): Principal {
  call.facts.principal = principal;
  checkTenant(principal, call.headers.list.get('x-tenant'));
  call.isHidden = isHidden;
  return principal;
}

/** The same for a call that has come by a listener of its protocol's own; rejects where it may not come in. */
export async function authenticateAsked(admit: Admit, asked: AuthRequest): Promise<Principal> {
  const principal = await admit({ ...asked, metadata: (key) => (owned.test(key) ? undefined : asked.metadata(key)) });
  asked.onKnown?.(principal);
  checkTenant(principal, asked.metadata('x-tenant'));
  return principal;
}

/** What of its metadata a call that is in shows to whoever answers it. */
export const visibleMetadata =
  (metadata: AuthRequest['metadata']): AuthRequest['metadata'] =>
  (key) =>
    isHidden(key) ? undefined : metadata(key);

/** Who may do nothing that belongs to a tenant may say what it likes. */
function checkTenant(principal: Principal, tenant: string | undefined): void {
  if (tenant !== undefined && tenant !== principal.tenant && principal.roles.length > 0) throw otherTenant;
}

const otherTenant = new InferError('PERMISSION_DENIED', 'x-tenant: want the tenant of the credential, or nothing', {
  reason: 'TENANT_MISMATCH',
  decision: 'identity',
});
