/** Messages inside others: of jobs in operations, of errors in them, and of answers in predictions. */
import type { InferError, InferResponse } from '@sheaf/inference';
import type { Any__Output } from './generated/google/protobuf/Any.ts';
import type { Status__Output } from './generated/google/rpc/Status.ts';
import type { ModelInferResponse__Output } from './generated/inference/ModelInferResponse.ts';
import type { JobMessage } from './jobs-service.ts';
import { jobsService } from './proto.ts';
import { encodeRpcStatus, readRpcStatus } from './rpc-status.ts';
import type { MethodDefinition } from './server/grpc/method-definition.ts';

/** A method that answers a job writes one. */
const { responseSerialize } = jobsService['Cancel'] as unknown as MethodDefinition<unknown, JobMessage>;

export const packJob = (job: JobMessage): Any__Output => ({
  type_url: 'type.googleapis.com/sheaf.jobs.v1.Job',
  value: responseSerialize(job),
});

/** As it would stand in the trailers of a call. */
export function rpcStatusOf(error: InferError): Status__Output {
  const { code, message, details } = readRpcStatus(encodeRpcStatus(error));
  return { code, message, details: details.map(({ type_url, value }) => ({ type_url, value: Buffer.from(value) })) };
}

/** With raw contents. */
export const responseMessage = ({
  model,
  version,
  outputs,
}: Pick<InferResponse, 'model' | 'version' | 'outputs'>): ModelInferResponse__Output => ({
  ...{ modelName: model, modelVersion: version, id: '', parameters: {} },
  outputs: outputs.map(({ name, datatype, shape }) => ({
    ...{ name, datatype, shape: shape.map(String), parameters: {}, contents: null },
  })),
  rawOutputContents: outputs.map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
});
