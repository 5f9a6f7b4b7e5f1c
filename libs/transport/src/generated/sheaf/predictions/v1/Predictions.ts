// Original file: proto/sheaf/predictions/v1/predictions.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { BatchGetRequest as _sheaf_predictions_v1_BatchGetRequest, BatchGetRequest__Output as _sheaf_predictions_v1_BatchGetRequest__Output } from '../../../sheaf/predictions/v1/BatchGetRequest.ts';
import type { BatchGetResponse as _sheaf_predictions_v1_BatchGetResponse, BatchGetResponse__Output as _sheaf_predictions_v1_BatchGetResponse__Output } from '../../../sheaf/predictions/v1/BatchGetResponse.ts';
import type { GetRequest as _sheaf_predictions_v1_GetRequest, GetRequest__Output as _sheaf_predictions_v1_GetRequest__Output } from '../../../sheaf/predictions/v1/GetRequest.ts';
import type { GetResponse as _sheaf_predictions_v1_GetResponse, GetResponse__Output as _sheaf_predictions_v1_GetResponse__Output } from '../../../sheaf/predictions/v1/GetResponse.ts';

export interface PredictionsClient extends grpc.Client {
  BatchGet(argument: _sheaf_predictions_v1_BatchGetRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_predictions_v1_BatchGetResponse__Output>): grpc.ClientUnaryCall;
  BatchGet(argument: _sheaf_predictions_v1_BatchGetRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_predictions_v1_BatchGetResponse__Output>): grpc.ClientUnaryCall;
  BatchGet(argument: _sheaf_predictions_v1_BatchGetRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_predictions_v1_BatchGetResponse__Output>): grpc.ClientUnaryCall;
  BatchGet(argument: _sheaf_predictions_v1_BatchGetRequest, callback: grpc.requestCallback<_sheaf_predictions_v1_BatchGetResponse__Output>): grpc.ClientUnaryCall;
  batchGet(argument: _sheaf_predictions_v1_BatchGetRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_predictions_v1_BatchGetResponse__Output>): grpc.ClientUnaryCall;
  batchGet(argument: _sheaf_predictions_v1_BatchGetRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_predictions_v1_BatchGetResponse__Output>): grpc.ClientUnaryCall;
  batchGet(argument: _sheaf_predictions_v1_BatchGetRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_predictions_v1_BatchGetResponse__Output>): grpc.ClientUnaryCall;
  batchGet(argument: _sheaf_predictions_v1_BatchGetRequest, callback: grpc.requestCallback<_sheaf_predictions_v1_BatchGetResponse__Output>): grpc.ClientUnaryCall;
  
  Get(argument: _sheaf_predictions_v1_GetRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_predictions_v1_GetResponse__Output>): grpc.ClientUnaryCall;
  Get(argument: _sheaf_predictions_v1_GetRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_predictions_v1_GetResponse__Output>): grpc.ClientUnaryCall;
  Get(argument: _sheaf_predictions_v1_GetRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_predictions_v1_GetResponse__Output>): grpc.ClientUnaryCall;
  Get(argument: _sheaf_predictions_v1_GetRequest, callback: grpc.requestCallback<_sheaf_predictions_v1_GetResponse__Output>): grpc.ClientUnaryCall;
  get(argument: _sheaf_predictions_v1_GetRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_predictions_v1_GetResponse__Output>): grpc.ClientUnaryCall;
  get(argument: _sheaf_predictions_v1_GetRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sheaf_predictions_v1_GetResponse__Output>): grpc.ClientUnaryCall;
  get(argument: _sheaf_predictions_v1_GetRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sheaf_predictions_v1_GetResponse__Output>): grpc.ClientUnaryCall;
  get(argument: _sheaf_predictions_v1_GetRequest, callback: grpc.requestCallback<_sheaf_predictions_v1_GetResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface PredictionsHandlers extends grpc.UntypedServiceImplementation {
  BatchGet: grpc.handleUnaryCall<_sheaf_predictions_v1_BatchGetRequest__Output, _sheaf_predictions_v1_BatchGetResponse>;
  
  Get: grpc.handleUnaryCall<_sheaf_predictions_v1_GetRequest__Output, _sheaf_predictions_v1_GetResponse>;
  
}

export interface PredictionsDefinition extends grpc.ServiceDefinition {
  BatchGet: MethodDefinition<_sheaf_predictions_v1_BatchGetRequest, _sheaf_predictions_v1_BatchGetResponse, _sheaf_predictions_v1_BatchGetRequest__Output, _sheaf_predictions_v1_BatchGetResponse__Output>
  Get: MethodDefinition<_sheaf_predictions_v1_GetRequest, _sheaf_predictions_v1_GetResponse, _sheaf_predictions_v1_GetRequest__Output, _sheaf_predictions_v1_GetResponse__Output>
}
