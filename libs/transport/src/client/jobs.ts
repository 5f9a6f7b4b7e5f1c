/** The Jobs and Predictions services of another process. */
import { defaultLimits, type InferRequest } from '@sheaf/inference';
import type { JobsCalls, PredictionsCalls, ReadResult, SubmitTerms } from '../jobs-service.ts';
import { jobsService, predictionsService } from '../proto.ts';
import { decodeResponse, encodeRequest } from '../wire/codec.ts';
import { WireWriter } from '../wire/writer.ts';
import type { AdminConnectionOptions } from './admin.ts';
import { connectService, type Definition } from './service.ts';

export interface JobsConnection {
  readonly jobs: JobsCalls;
  readonly predictions: PredictionsCalls;
  close(): void;
}

type Submitted = SubmitTerms & { readonly request: InferRequest };

const definitionsOf = (service: object) => Object.entries(service) as unknown as (readonly [string, Definition])[];

/** Its request is written straight from its tensors. */
const jobs = definitionsOf(jobsService).map(([name, definition]): readonly [string, Definition] => {
  if (name !== 'Submit') return [name, definition];
  const requestSerialize = (submitted: unknown): Buffer => {
    const { request, ...terms } = submitted as Submitted;
    const message = encodeRequest(request);
    const writer = new WireWriter(message.length + 16);
    writer.bytes(1, message);
    return Buffer.concat([writer.finish(), definition.requestSerialize(terms)]);
  };
  return [name, { ...definition, requestSerialize }];
});

/** Connects with the first call. `timeoutMs` is of calls that are answered once; streams last as long as they like. */
export function connectJobs(target: string, options: AdminConnectionOptions): JobsConnection {
  const { calls, close } = connectService([...jobs], target, options);
  const { submit, ...others } = calls as unknown as Omit<JobsCalls, 'submit'> & {
    readonly submit: (submitted: Submitted) => ReturnType<JobsCalls['submit']>;
  };
  const looked = connectService(definitionsOf(predictionsService), target, options);
  return {
    jobs: { ...others, submit: (request, terms = {}) => submit({ ...terms, request }) },
    predictions: looked.calls as unknown as PredictionsCalls,
    close: () => {
      close();
      looked.close();
    },
  };
}

export const readResult: ReadResult = ({ value }) => decodeResponse(value, resultLimits);

/** Whatever a mesh has taken in. */
const resultLimits = { ...defaultLimits, messageBytesMax: Number.POSITIVE_INFINITY };
