/**
 * The services of what is done later, as functions over their messages: those that a server answers with, and those that a client calls. The messages have
 * every field there; sheaf/jobs/v1/jobs.proto, sheaf/predictions/v1/predictions.proto and google/longrunning/operations.proto tell what each is.
 */
import type { MethodDefinition } from '@grpc/proto-loader';
import type { Infer, InferRequest, InferResponse, Submission } from '@sheaf/inference';
import type { Operation__Output as OperationMessage } from './generated/google/longrunning/Operation.ts';
import type { OperationsDefinition } from './generated/google/longrunning/Operations.ts';
import type { JobsDefinition } from './generated/sheaf/jobs/v1/Jobs.ts';
import type { PredictionsDefinition } from './generated/sheaf/predictions/v1/Predictions.ts';
import type { RegistryCaller } from './registry-service.ts';

export type { GetJobResponse__Output as GetJobResponse } from './generated/sheaf/jobs/v1/GetJobResponse.ts';
export type { Job__Output as JobMessage } from './generated/sheaf/jobs/v1/Job.ts';
export type { ListJobsRequest__Output as ListJobsRequest } from './generated/sheaf/jobs/v1/ListJobsRequest.ts';
export type { Generation__Output as GenerationMessage } from './generated/sheaf/predictions/v1/Generation.ts';
export type { Prediction__Output as PredictionMessage } from './generated/sheaf/predictions/v1/Prediction.ts';
export type { OperationMessage };

/** Without the signature that lets a definition have any method. */
type MethodsOf<Definition> = {
  [Name in keyof Definition as string extends Name ? never : Name]: Definition[Name];
};

/** Who asks, whether they still do, and for how long. */
export interface JobsCaller extends RegistryCaller {
  /** Milliseconds that the caller gave; infinite when it named none. */
  readonly timeoutMs: number;
}

type Handlers<Definition, Streams = never> = {
  readonly [Name in keyof MethodsOf<Definition> as Uncapitalize<
    Name & string
  >]: MethodsOf<Definition>[Name] extends MethodDefinition<
    infer _Request,
    infer _Response,
    infer Request,
    infer Response
  >
    ? Name extends Streams
      ? (request: Request, caller: JobsCaller) => AsyncIterable<Response>
      : (request: Request, caller: JobsCaller) => Promise<Response>
    : never;
};

/** What a server answers with; each throws InferError. A call that is submitted goes the way of an inference: see `submit` of {@link LaterServices}. */
export type JobsService = Omit<Handlers<JobsDefinition, 'Wait'>, 'submit'>;
export type OperationsService = Handlers<OperationsDefinition>;
export type PredictionsService = Handlers<PredictionsDefinition>;

/** All of a server that has them. */
export interface LaterServices {
  readonly jobs: JobsService;
  readonly operations: OperationsService;
  readonly predictions: PredictionsService;
  /** As `infer` of a backend, for calls with a submission: puts the operation there, and answers a response without outputs. */
  readonly submit: Infer;
}

/** What is told of a submission that was taken. */
export const operationOf = ({ operation }: Submission): OperationMessage => operation as OperationMessage;

/** What a client says with a request that it submits; what is left out is 0 or empty. */
export type SubmitTerms = Partial<NonNullable<Submission['terms']>>;

type Calls<Definition, Streams = never> = {
  readonly [Name in keyof MethodsOf<Definition> as Uncapitalize<
    Name & string
  >]: MethodsOf<Definition>[Name] extends MethodDefinition<
    infer Request,
    infer _Response,
    infer _Request,
    infer Response
  >
    ? Name extends Streams
      ? (request: Request, signal?: AbortSignal) => AsyncIterable<Response>
      : (request: Request) => Promise<Response>
    : never;
};

/** What a client calls; each method throws InferError. To stop reading a stream ends its call. */
export interface JobsCalls extends Omit<Calls<JobsDefinition, 'Wait'>, 'submit'> {
  /** Answers the job as it is now. */
  submit(request: InferRequest, terms?: SubmitTerms): Promise<OperationMessage>;
}

/** What a client calls to look predictions up. */
export type PredictionsCalls = Calls<PredictionsDefinition>;

/** Reads the result of a job. */
export type ReadResult = (result: { readonly value: Buffer }) => InferResponse;
