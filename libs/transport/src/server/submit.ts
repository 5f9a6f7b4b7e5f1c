/** sheaf.jobs.v1.Jobs/Submit: an inference in all but its end, since it is queued and not answered. Its request may be as large as that of ModelInfer. */
import { InferError, type JobTerms, type Limits, type Submission } from '@sheaf/inference';
import { operationOf } from '../jobs-service.ts';
import { jobsService } from '../proto.ts';
import { type DecodedRequest, decodeRequest } from '../wire/codec.ts';
import { malformed, WireReader } from '../wire/reader.ts';
import { headBytes } from './framing.ts';
import type { MethodDefinition } from './grpc/method-definition.ts';
import { inferProtocol } from './model-infer.ts';
import { decodeSmall } from './small-messages.ts';

const definition = jobsService['Submit'] as unknown as MethodDefinition<JobTerms, unknown>;
const requestField = 1;
/** Each of the terms may come more than once; the last counts. */
const fieldsMax = 64;

/** Of a public server, of whom no other process of the mesh asks anything. */
export const submit = inferProtocol(
  {
    path: definition.path,
    open: () => {
      const submission: Submission = {};
      return {
        submission,
        read: (message, limits) => readSubmit(message, limits, submission),
        write: () => {
          const answer = definition.responseSerialize(operationOf(submission));
          return Buffer.concat([Buffer.alloc(headBytes), answer]);
        },
      };
    },
  },
  false,
);

/** The tensors straight from their bytes; the rest is small. */
function readSubmit(message: Buffer, limits: Limits, submission: Submission): DecodedRequest {
  const reader = new WireReader(message);
  let request: Buffer | undefined;
  let count = 0;
  /** What stands around the request: it is to be small, and is found not to be before it is all gathered. */
  const others: Buffer[] = [];
  for (let at = 0, field = reader.next(); field !== 0; field = reader.next()) {
    if (field === requestField) {
      request = reader.bytes();
      if (++count > 1) break;
      at = reader.at;
      continue;
    }
    reader.skip();
    others.push(message.subarray(at, reader.at));
    if (others.length > fieldsMax) throw malformed(`want at most ${fieldsMax} fields around the request`);
    at = reader.at;
  }
  if (!request || count > 1)
    throw new InferError(
      'INVALID_ARGUMENT',
      `request: want one ModelInferRequest, got ${count === 0 ? 'none' : 'several'}`,
      {
        reason: 'MESSAGE_MALFORMED',
      },
    );
  submission.terms = decodeSmall(definition, Buffer.concat(others));
  return decodeRequest(request, limits);
}
