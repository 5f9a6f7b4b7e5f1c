/** Who may come in: asked of every call before its message is read, whatever method it calls. */
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type * as grpc from '@grpc/grpc-js';
import { InferError, type Principal } from '@sheaf/inference';
import { textOf } from '../../headers.ts';
import type { CallFacts } from '../call-record.ts';
import { askAgain } from './ask-again.ts';
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
  /** StatusHints who it is as soon as that is known, also where the call is then refused. */
  readonly onKnown?: (principal: Principal) => void;
}

/** A call that is in. */
interface Admitted {
  readonly principal: Principal;
  readonly facts: CallFacts | undefined;
}

/** Answers on whose behalf a call is, or throws why it may not come in. */
export type Admit = (authenticate: AuthRequest) => Principal | Promise<Principal>;

/** Names the admission of a call to its handler; what a caller sends under it is gone by then. */
const ticketKey = 'x-sheaf-ticket';

/** What only a gateway may say; nobody outside is believed. */
const owned =
  /^(x-sheaf-|x-gw-|x-mesh-|ratelimit|x-ratelimit-|x-usage-|x-cache$|x-served-by$|x-gateway-inference-fairness-id$|grpc-retry-pushback-ms$|endpoint-load-metrics-bin$|x-envoy-|x-forwarded-)/;

/** Decides who comes in, and knows the calls of grpc-js that are in by their tickets. */
export class Admissions {
  readonly #admit: Admit;
  readonly #admitted = new Map<string, Admitted>();
  #last = 0;

  constructor(admit: Admit) {
    this.#admit = admit;
  }

  /** Whether a call comes in, at once where that can be told. `headers` lose what callers may not say. */
  authenticate(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    peer: Peer | undefined,
    facts?: CallFacts,
  ): Entry | Promise<Entry> {
    for (const name of Object.keys(headers)) if (owned.test(name)) delete headers[name];
    const authenticate = authRequestOf(headers, peer, facts);
    const { metadata, onKnown } = authenticate;
    const enter = (principal: Principal): Entry => {
      onKnown?.(principal);
      const tenant = metadata('x-tenant');
      // Who may do nothing that belongs to a tenant may say what it likes.
      const isOther = tenant !== undefined && tenant !== principal.tenant && principal.roles.length > 0;
      if (isOther) return { error: otherTenant };
      // It has left while its token was looked at, and nothing will tell so again.
      if (stream.destroyed || stream.closed) return { error: gone };
      delete headers['x-tenant'];
      return { principal };
    };
    try {
      const admitted = this.#admit(authenticate);
      return admitted instanceof Promise ? admitted.then(enter, (error: unknown) => ({ error })) : enter(admitted);
    } catch (error) {
      return { error };
    }
  }

  /** Lets a handler of grpc-js ask on whose behalf a call is that has come in, until it has ended. */
  vouch(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, { principal, facts }: Admitted): void {
    const ticket = String(++this.#last);
    this.#admitted.set(ticket, { principal, facts });
    headers[ticketKey] = ticket;
    stream.once('close', () => this.#admitted.delete(ticket));
  }

  /** Of a stream that stays: ends it when it would not come in any more. */
  askAgain(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, peer: Peer | undefined, facts: CallFacts): void {
    askAgain(stream, () => this.#admit(authRequestOf(headers, peer, facts)));
  }

  /** On whose behalf a call is that was vouched for. */
  principalOf(metadata: grpc.Metadata): Principal | undefined {
    return this.#of(metadata)?.principal;
  }

  /** Writes down which model a call that was vouched for is about. */
  noteModel(metadata: grpc.Metadata, model: string, version: string): void {
    const facts = this.#of(metadata)?.facts;
    if (facts) Object.assign(facts, { model, version });
  }

  #of(metadata: grpc.Metadata): Admitted | undefined {
    return this.#admitted.get(String(metadata.get(ticketKey)[0]));
  }
}

const authRequestOf = (
  headers: IncomingHttpHeaders,
  peer: Peer | undefined,
  facts: CallFacts | undefined,
): AuthRequest => ({
  method: String(headers[':path']),
  metadata: (key) => textOf(headers[key]),
  peer,
  address: facts?.address || undefined,
  onKnown: (principal) => {
    if (facts) facts.principal = principal;
  },
});

/** On whose behalf a call is that is in, or why it is not. */
type Entry = { readonly principal: Principal } | { readonly error: unknown };

const gone = new InferError('CANCELLED', 'the caller has left');

const otherTenant = new InferError('PERMISSION_DENIED', 'x-tenant: want the tenant of the credential, or nothing', {
  reason: 'TENANT_MISMATCH',
  decision: 'identity',
});
