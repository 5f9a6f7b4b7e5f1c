/** sheaf.jobs.v1.Jobs/Submit: an inference in all but its end, since it is queued and not answered. Its request may be as large as that of ModelInfer. */
import { InferError, type JobTerms, type Limits, type Submission } from '@sheaf/inference';
import { operationOf } from '../jobs-service.ts';
import { jobsService } from '../proto.ts';
import { type DecodedRequest, decodeRequest } from '../wire/codec.ts';
import { WireReader } from '../wire/reader.ts';
import { headBytes } from './framing.ts';
import type { MethodDefinition } from './grpc/method-definition.ts';
import { inferProtocol } from './model-infer.ts';
import { decodeSmall } from './small-messages.ts';

const definition = jobsService['Submit'] as unknown as MethodDefinition<JobTerms, unknown>;
const requestField = 1;

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
  /** What stands around the request. */
  const others: Buffer[] = [];
  for (let at = 0, field = reader.next(); field !== 0; field = reader.next()) {
    if (field === requestField) {
      request = reader.bytes();
      count++;
      at = reader.at;
      continue;
    }
    reader.skip();
    others.push(message.subarray(at, reader.at));
    at = reader.at;
  }
  if (!request || count > 1)
    throw new InferError('INVALID_ARGUMENT', `request: want one ModelInferRequest, got ${count}`, {
      reason: 'MESSAGE_MALFORMED',
    });
  submission.terms = decodeSmall(definition, Buffer.concat(others));
  return decodeRequest(request, limits);
}
