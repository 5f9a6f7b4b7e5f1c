// Original file: proto/sheaf/jobs/v1/jobs.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { CancelJobRequest as _sheaf_jobs_v1_CancelJobRequest, CancelJobRequest__Output as _sheaf_jobs_v1_CancelJobRequest__Output } from '../../../sheaf/jobs/v1/CancelJobRequest.ts';
import type { DeleteJobRequest as _sheaf_jobs_v1_DeleteJobRequest, DeleteJobRequest__Output as _sheaf_jobs_v1_DeleteJobRequest__Output } from '../../../sheaf/jobs/v1/DeleteJobRequest.ts';
import type { DeleteJobResponse as _sheaf_jobs_v1_DeleteJobResponse, DeleteJobResponse__Output as _sheaf_jobs_v1_DeleteJobResponse__Output } from '../../../sheaf/jobs/v1/DeleteJobResponse.ts';
import type { GetJobRequest as _sheaf_jobs_v1_GetJobRequest, GetJobRequest__Output as _sheaf_jobs_v1_GetJobRequest__Output } from '../../../sheaf/jobs/v1/GetJobRequest.ts';
import type { GetJobResponse as _sheaf_jobs_v1_GetJobResponse, GetJobResponse__Output as _sheaf_jobs_v1_GetJobResponse__Output } from '../../../sheaf/jobs/v1/GetJobResponse.ts';
import type { Job as _sheaf_jobs_v1_Job, Job__Output as _sheaf_jobs_v1_Job__Output } from '../../../sheaf/jobs/v1/Job.ts';
import type { ListJobsRequest as _sheaf_jobs_v1_ListJobsRequest, ListJobsRequest__Output as _sheaf_jobs_v1_ListJobsRequest__Output } from '../../../sheaf/jobs/v1/ListJobsRequest.ts';
import type { ListJobsResponse as _sheaf_jobs_v1_ListJobsResponse, ListJobsResponse__Output as _sheaf_jobs_v1_ListJobsResponse__Output } from '../../../sheaf/jobs/v1/ListJobsResponse.ts';
import type { Operation as _google_longrunning_Operation, Operation__Output as _google_longrunning_Operation__Output } from '../../../google/longrunning/Operation.ts';
import type { RetryJobRequest as _sheaf_jobs_v1_RetryJobRequest, RetryJobRequest__Output as _sheaf_jobs_v1_RetryJobRequest__Output } from '../../../sheaf/jobs/v1/RetryJobRequest.ts';
import type { SubmitRequest as _sheaf_jobs_v1_SubmitRequest, SubmitRequest__Output as _sheaf_jobs_v1_SubmitRequest__Output } from '../../../sheaf/jobs/v1/SubmitRequest.ts';
import type { WaitJobRequest as _sheaf_jobs_v1_WaitJobRequest, WaitJobRequest__Output as _sheaf_jobs_v1_WaitJobRequest__Output } from '../../../sheaf/jobs/v1/WaitJobRequest.ts';

export interface JobsClient extends grpc.Client {
  Cancel(argument: _sheaf_jobs_v1_CancelJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_jobs_v1_Job__Output>): grpc.ClientUnaryCall;
  Cancel(argument: _sheaf_jobs_v1_CancelJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_jobs_v1_Job__Output>): grpc.ClientUnaryCall;
  Cancel(argument: _sheaf_jobs_v1_CancelJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_jobs_v1_Job__Output>): grpc.ClientUnaryCall;
  Cancel(argument: _sheaf_jobs_v1_CancelJobRequest, callback: grpc.requestCallback<_sheaf_jobs_v1_Job__Output>): grpc.ClientUnaryCall;
  cancel(argument: _sheaf_jobs_v1_CancelJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_jobs_v1_Job__Output>): grpc.ClientUnaryCall;
  cancel(argument: _sheaf_jobs_v1_CancelJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_jobs_v1_Job__Output>): grpc.ClientUnaryCall;
  cancel(argument: _sheaf_jobs_v1_CancelJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_jobs_v1_Job__Output>): grpc.ClientUnaryCall;
  cancel(argument: _sheaf_jobs_v1_CancelJobRequest, callback: grpc.requestCallback<_sheaf_jobs_v1_Job__Output>): grpc.ClientUnaryCall;
  
  Delete(argument: _sheaf_jobs_v1_DeleteJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_jobs_v1_DeleteJobResponse__Output>): grpc.ClientUnaryCall;
  Delete(argument: _sheaf_jobs_v1_DeleteJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_jobs_v1_DeleteJobResponse__Output>): grpc.ClientUnaryCall;
  Delete(argument: _sheaf_jobs_v1_DeleteJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_jobs_v1_DeleteJobResponse__Output>): grpc.ClientUnaryCall;
  Delete(argument: _sheaf_jobs_v1_DeleteJobRequest, callback: grpc.requestCallback<_sheaf_jobs_v1_DeleteJobResponse__Output>): grpc.ClientUnaryCall;
  delete(argument: _sheaf_jobs_v1_DeleteJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_jobs_v1_DeleteJobResponse__Output>): grpc.ClientUnaryCall;
  delete(argument: _sheaf_jobs_v1_DeleteJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_jobs_v1_DeleteJobResponse__Output>): grpc.ClientUnaryCall;
  delete(argument: _sheaf_jobs_v1_DeleteJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_jobs_v1_DeleteJobResponse__Output>): grpc.ClientUnaryCall;
  delete(argument: _sheaf_jobs_v1_DeleteJobRequest, callback: grpc.requestCallback<_sheaf_jobs_v1_DeleteJobResponse__Output>): grpc.ClientUnaryCall;
  
  Get(argument: _sheaf_jobs_v1_GetJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_jobs_v1_GetJobResponse__Output>): grpc.ClientUnaryCall;
  Get(argument: _sheaf_jobs_v1_GetJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_jobs_v1_GetJobResponse__Output>): grpc.ClientUnaryCall;
  Get(argument: _sheaf_jobs_v1_GetJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_jobs_v1_GetJobResponse__Output>): grpc.ClientUnaryCall;
  Get(argument: _sheaf_jobs_v1_GetJobRequest, callback: grpc.requestCallback<_sheaf_jobs_v1_GetJobResponse__Output>): grpc.ClientUnaryCall;
  get(argument: _sheaf_jobs_v1_GetJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_jobs_v1_GetJobResponse__Output>): grpc.ClientUnaryCall;
  get(argument: _sheaf_jobs_v1_GetJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_jobs_v1_GetJobResponse__Output>): grpc.ClientUnaryCall;
  get(argument: _sheaf_jobs_v1_GetJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_jobs_v1_GetJobResponse__Output>): grpc.ClientUnaryCall;
  get(argument: _sheaf_jobs_v1_GetJobRequest, callback: grpc.requestCallback<_sheaf_jobs_v1_GetJobResponse__Output>): grpc.ClientUnaryCall;
  
  List(argument: _sheaf_jobs_v1_ListJobsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_jobs_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  List(argument: _sheaf_jobs_v1_ListJobsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_jobs_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  List(argument: _sheaf_jobs_v1_ListJobsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_jobs_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  List(argument: _sheaf_jobs_v1_ListJobsRequest, callback: grpc.requestCallback<_sheaf_jobs_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  list(argument: _sheaf_jobs_v1_ListJobsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_jobs_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  list(argument: _sheaf_jobs_v1_ListJobsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_jobs_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  list(argument: _sheaf_jobs_v1_ListJobsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_jobs_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  list(argument: _sheaf_jobs_v1_ListJobsRequest, callback: grpc.requestCallback<_sheaf_jobs_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  
  Retry(argument: _sheaf_jobs_v1_RetryJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_jobs_v1_Job__Output>): grpc.ClientUnaryCall;
  Retry(argument: _sheaf_jobs_v1_RetryJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_jobs_v1_Job__Output>): grpc.ClientUnaryCall;
  Retry(argument: _sheaf_jobs_v1_RetryJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_jobs_v1_Job__Output>): grpc.ClientUnaryCall;
  Retry(argument: _sheaf_jobs_v1_RetryJobRequest, callback: grpc.requestCallback<_sheaf_jobs_v1_Job__Output>): grpc.ClientUnaryCall;
  retry(argument: _sheaf_jobs_v1_RetryJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_jobs_v1_Job__Output>): grpc.ClientUnaryCall;
  retry(argument: _sheaf_jobs_v1_RetryJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_jobs_v1_Job__Output>): grpc.ClientUnaryCall;
  retry(argument: _sheaf_jobs_v1_RetryJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_jobs_v1_Job__Output>): grpc.ClientUnaryCall;
  retry(argument: _sheaf_jobs_v1_RetryJobRequest, callback: grpc.requestCallback<_sheaf_jobs_v1_Job__Output>): grpc.ClientUnaryCall;
  
  Submit(argument: _sheaf_jobs_v1_SubmitRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_google_longrunning_Operation__Output>): grpc.ClientUnaryCall;
  Submit(argument: _sheaf_jobs_v1_SubmitRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_google_longrunning_Operation__Output>): grpc.ClientUnaryCall;
  Submit(argument: _sheaf_jobs_v1_SubmitRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_google_longrunning_Operation__Output>): grpc.ClientUnaryCall;
  Submit(argument: _sheaf_jobs_v1_SubmitRequest, callback: grpc.requestCallback<_google_longrunning_Operation__Output>): grpc.ClientUnaryCall;
  submit(argument: _sheaf_jobs_v1_SubmitRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_google_longrunning_Operation__Output>): grpc.ClientUnaryCall;
  submit(argument: _sheaf_jobs_v1_SubmitRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_google_longrunning_Operation__Output>): grpc.ClientUnaryCall;
  submit(argument: _sheaf_jobs_v1_SubmitRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_google_longrunning_Operation__Output>): grpc.ClientUnaryCall;
  submit(argument: _sheaf_jobs_v1_SubmitRequest, callback: grpc.requestCallback<_google_longrunning_Operation__Output>): grpc.ClientUnaryCall;
  
  Wait(argument: _sheaf_jobs_v1_WaitJobRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_sheaf_jobs_v1_GetJobResponse__Output>;
  Wait(argument: _sheaf_jobs_v1_WaitJobRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_sheaf_jobs_v1_GetJobResponse__Output>;
  wait(argument: _sheaf_jobs_v1_WaitJobRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_sheaf_jobs_v1_GetJobResponse__Output>;
  wait(argument: _sheaf_jobs_v1_WaitJobRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_sheaf_jobs_v1_GetJobResponse__Output>;
  
}

export interface JobsHandlers extends grpc.UntypedServiceImplementation {
  Cancel: grpc.handleUnaryCall<_sheaf_jobs_v1_CancelJobRequest__Output, _sheaf_jobs_v1_Job>;
  
  Delete: grpc.handleUnaryCall<_sheaf_jobs_v1_DeleteJobRequest__Output, _sheaf_jobs_v1_DeleteJobResponse>;
  
  Get: grpc.handleUnaryCall<_sheaf_jobs_v1_GetJobRequest__Output, _sheaf_jobs_v1_GetJobResponse>;
  
  List: grpc.handleUnaryCall<_sheaf_jobs_v1_ListJobsRequest__Output, _sheaf_jobs_v1_ListJobsResponse>;
  
  Retry: grpc.handleUnaryCall<_sheaf_jobs_v1_RetryJobRequest__Output, _sheaf_jobs_v1_Job>;
  
  Submit: grpc.handleUnaryCall<_sheaf_jobs_v1_SubmitRequest__Output, _google_longrunning_Operation>;
  
  Wait: grpc.handleServerStreamingCall<_sheaf_jobs_v1_WaitJobRequest__Output, _sheaf_jobs_v1_GetJobResponse>;
  
}

export interface JobsDefinition extends grpc.ServiceDefinition {
  Cancel: MethodDefinition<_sheaf_jobs_v1_CancelJobRequest, _sheaf_jobs_v1_Job, _sheaf_jobs_v1_CancelJobRequest__Output, _sheaf_jobs_v1_Job__Output>
  Delete: MethodDefinition<_sheaf_jobs_v1_DeleteJobRequest, _sheaf_jobs_v1_DeleteJobResponse, _sheaf_jobs_v1_DeleteJobRequest__Output, _sheaf_jobs_v1_DeleteJobResponse__Output>
  Get: MethodDefinition<_sheaf_jobs_v1_GetJobRequest, _sheaf_jobs_v1_GetJobResponse, _sheaf_jobs_v1_GetJobRequest__Output, _sheaf_jobs_v1_GetJobResponse__Output>
  List: MethodDefinition<_sheaf_jobs_v1_ListJobsRequest, _sheaf_jobs_v1_ListJobsResponse, _sheaf_jobs_v1_ListJobsRequest__Output, _sheaf_jobs_v1_ListJobsResponse__Output>
  Retry: MethodDefinition<_sheaf_jobs_v1_RetryJobRequest, _sheaf_jobs_v1_Job, _sheaf_jobs_v1_RetryJobRequest__Output, _sheaf_jobs_v1_Job__Output>
  Submit: MethodDefinition<_sheaf_jobs_v1_SubmitRequest, _google_longrunning_Operation, _sheaf_jobs_v1_SubmitRequest__Output, _google_longrunning_Operation__Output>
  Wait: MethodDefinition<_sheaf_jobs_v1_WaitJobRequest, _sheaf_jobs_v1_GetJobResponse, _sheaf_jobs_v1_WaitJobRequest__Output, _sheaf_jobs_v1_GetJobResponse__Output>
}
