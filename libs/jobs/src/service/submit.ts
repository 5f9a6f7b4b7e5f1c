/** What stands where a model would be asked, for calls that are submitted: it checks all that can be checked now, and queues. */
import {
  boolParameter,
  type CallContext,
  checkRequest,
  explainParameter,
  formatTraceparent,
  type Infer,
  InferError,
  type InferRequest,
  type JobTerms,
  type Signature,
  trustedCaller,
} from '@sheaf/inference';
import { encodeRequest } from '@sheaf/transport';
import { jobDefaults, type NewJob } from '../job.ts';
import { invalid, refused } from '../refusals.ts';
import { type CallbackRules, checkCallback } from './callback-url.ts';
import { mayGoFirst, tenantOf } from './caller.ts';
import { operationMessage } from './messages.ts';
import type { LaterPorts } from './ports.ts';

/** What a request gets, as ModelInfer would. */
export interface Pinned {
  /** Decimal; empty where a foreign server names none. */
  readonly version: string;
  /** Undefined where nobody has said what it takes: the server itself will look. */
  readonly signature: Signature | undefined;
}

/** What of mesh.yaml it goes by. */
export interface SubmitRules {
  readonly queuedPerTenantMax: number;
  readonly callbacks?: CallbackRules | undefined;
}

export interface SubmitPorts extends Pick<LaterPorts, 'opened'> {
  readonly rules: () => SubmitRules;
  /** Told of each that was taken. */
  readonly onSubmitted?: (told: { readonly isNew: boolean }) => void;
  /** Wall-clock milliseconds. */
  readonly now?: () => number;
}

const dayMs = 86_400_000;
const monthMs = 30 * dayMs;
const keyCharsMax = 256;
const attemptsMost = 20;

/** `pin` throws NOT_FOUND and the like for what cannot be asked. The operation is put into the submission of the call; the answer has no outputs. */
export function createQueue(
  { opened, rules, onSubmitted = () => {}, now = Date.now }: SubmitPorts,
  pin: (request: InferRequest, context: CallContext) => Pinned,
): Infer {
  return async (request, context) => {
    const { submission, principal } = context;
    if (!submission?.terms) throw new InferError('INTERNAL', 'a call was queued that was not submitted');
    const { terms } = submission;
    const { version, signature } = pin(request, context);
    if (signature) checkRequest(signature, request.inputs, request.outputs);
    const { queuedPerTenantMax, callbacks } = rules();
    checkTerms(terms);
    if (boolParameter(request, explainParameter))
      throw invalid(`parameters["${explainParameter}"]`, 'a job is not explained; ask ModelInfer for it');
    if (terms.callbackUrl !== '') checkCallback(terms.callbackUrl, callbacks);
    const work = await opened();
    // Without its version, which is kept beside it, and its id: the same request is the same payload, whatever the version is by then.
    const payload = await work.contents.keep(encodeRequest({ ...request, version: '', id: '' }));
    const job: NewJob = {
      kind: 'infer',
      tenant: tenantOf(principal),
      principal: principal === trustedCaller ? 'trusted' : principal,
      subject: request.model,
      version,
      payload,
      traceparent: formatTraceparent(context.span),
      ...saidOf(terms, now()),
      priority: mayGoFirst(principal) ? terms.priority : 0,
    };
    const [taken] = await work.jobs.submit([job], { queuedPerTenantMax }).catch(asToldToSubmitter);
    if (!taken) throw new InferError('INTERNAL', 'a job was submitted and none was taken');
    onSubmitted({ isNew: taken.added });
    submission.operation = await operationMessage(taken.record, principal, work);
    return { model: request.model, version, parameters: new Map(), outputs: [] };
  };
}

/** The request is right by itself; that the key was used before is how things stand. */
function asToldToSubmitter(error: unknown): never {
  if (error instanceof InferError && error.reason === 'IDEMPOTENCY_KEY_REUSED')
    throw refused(error.reason, 'idempotency_key: want another key for another request, got one that was used before');
  throw error;
}

const saidOf = (terms: JobTerms, at: number) => ({
  attemptsMax: terms.attemptsMax || jobDefaults.attemptsMax,
  ttlMs: terms.ttlMs || jobDefaults.ttlMs,
  ...(terms.idempotencyKey && { idempotencyKey: terms.idempotencyKey }),
  ...(terms.delayMs > 0 && { notBefore: at + terms.delayMs }),
  ...(terms.deadlineMs > 0 && { deadline: at + terms.deadlineMs }),
  ...(terms.callbackUrl && { callback: terms.callbackUrl }),
});

function checkTerms({ idempotencyKey, priority, deadlineMs, delayMs, ttlMs, attemptsMax }: JobTerms): void {
  if (idempotencyKey.length > keyCharsMax)
    throw invalid('idempotency_key', `want at most ${keyCharsMax} characters, got ${idempotencyKey.length}`);
  within('priority', priority, 9);
  within('deadline_ms', deadlineMs, monthMs);
  within('delay_ms', delayMs, monthMs);
  within('ttl_ms', ttlMs, monthMs);
  within('attempts_max', attemptsMax, attemptsMost);
  if (deadlineMs > 0 && delayMs >= deadlineMs)
    throw invalid('delay_ms', `want less than deadline_ms, ${deadlineMs}, got ${delayMs}`);
}

function within(field: string, value: number, most: number): void {
  if (value < 0 || value > most) throw invalid(field, `want 0 to ${most}, got ${value}`);
}
