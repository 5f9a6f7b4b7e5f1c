import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Any as _google_protobuf_Any, Any__Output as _google_protobuf_Any__Output } from './google/protobuf/Any.ts';
import type { Status as _google_rpc_Status, Status__Output as _google_rpc_Status__Output } from './google/rpc/Status.ts';
import type { GRPCInferenceServiceClient as _inference_GRPCInferenceServiceClient, GRPCInferenceServiceDefinition as _inference_GRPCInferenceServiceDefinition } from './inference/GRPCInferenceService.ts';
import type { InferParameter as _inference_InferParameter, InferParameter__Output as _inference_InferParameter__Output } from './inference/InferParameter.ts';
import type { InferTensorContents as _inference_InferTensorContents, InferTensorContents__Output as _inference_InferTensorContents__Output } from './inference/InferTensorContents.ts';
import type { ModelInferRequest as _inference_ModelInferRequest, ModelInferRequest__Output as _inference_ModelInferRequest__Output } from './inference/ModelInferRequest.ts';
import type { ModelInferResponse as _inference_ModelInferResponse, ModelInferResponse__Output as _inference_ModelInferResponse__Output } from './inference/ModelInferResponse.ts';
import type { ModelMetadataRequest as _inference_ModelMetadataRequest, ModelMetadataRequest__Output as _inference_ModelMetadataRequest__Output } from './inference/ModelMetadataRequest.ts';
import type { ModelMetadataResponse as _inference_ModelMetadataResponse, ModelMetadataResponse__Output as _inference_ModelMetadataResponse__Output } from './inference/ModelMetadataResponse.ts';
import type { ModelReadyRequest as _inference_ModelReadyRequest, ModelReadyRequest__Output as _inference_ModelReadyRequest__Output } from './inference/ModelReadyRequest.ts';
import type { ModelReadyResponse as _inference_ModelReadyResponse, ModelReadyResponse__Output as _inference_ModelReadyResponse__Output } from './inference/ModelReadyResponse.ts';
import type { ServerLiveRequest as _inference_ServerLiveRequest, ServerLiveRequest__Output as _inference_ServerLiveRequest__Output } from './inference/ServerLiveRequest.ts';
import type { ServerLiveResponse as _inference_ServerLiveResponse, ServerLiveResponse__Output as _inference_ServerLiveResponse__Output } from './inference/ServerLiveResponse.ts';
import type { ServerMetadataRequest as _inference_ServerMetadataRequest, ServerMetadataRequest__Output as _inference_ServerMetadataRequest__Output } from './inference/ServerMetadataRequest.ts';
import type { ServerMetadataResponse as _inference_ServerMetadataResponse, ServerMetadataResponse__Output as _inference_ServerMetadataResponse__Output } from './inference/ServerMetadataResponse.ts';
import type { ServerReadyRequest as _inference_ServerReadyRequest, ServerReadyRequest__Output as _inference_ServerReadyRequest__Output } from './inference/ServerReadyRequest.ts';
import type { ServerReadyResponse as _inference_ServerReadyResponse, ServerReadyResponse__Output as _inference_ServerReadyResponse__Output } from './inference/ServerReadyResponse.ts';
import type { Cancel as _sheaf_mesh_v1_Cancel, Cancel__Output as _sheaf_mesh_v1_Cancel__Output } from './sheaf/mesh/v1/Cancel.ts';
import type { ClientFrame as _sheaf_mesh_v1_ClientFrame, ClientFrame__Output as _sheaf_mesh_v1_ClientFrame__Output } from './sheaf/mesh/v1/ClientFrame.ts';
import type { ClientHello as _sheaf_mesh_v1_ClientHello, ClientHello__Output as _sheaf_mesh_v1_ClientHello__Output } from './sheaf/mesh/v1/ClientHello.ts';
import type { GoAway as _sheaf_mesh_v1_GoAway, GoAway__Output as _sheaf_mesh_v1_GoAway__Output } from './sheaf/mesh/v1/GoAway.ts';
import type { MeshClient as _sheaf_mesh_v1_MeshClient, MeshDefinition as _sheaf_mesh_v1_MeshDefinition } from './sheaf/mesh/v1/Mesh.ts';
import type { Open as _sheaf_mesh_v1_Open, Open__Output as _sheaf_mesh_v1_Open__Output } from './sheaf/mesh/v1/Open.ts';
import type { Reply as _sheaf_mesh_v1_Reply, Reply__Output as _sheaf_mesh_v1_Reply__Output } from './sheaf/mesh/v1/Reply.ts';
import type { ServerFrame as _sheaf_mesh_v1_ServerFrame, ServerFrame__Output as _sheaf_mesh_v1_ServerFrame__Output } from './sheaf/mesh/v1/ServerFrame.ts';
import type { ServerHello as _sheaf_mesh_v1_ServerHello, ServerHello__Output as _sheaf_mesh_v1_ServerHello__Output } from './sheaf/mesh/v1/ServerHello.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  google: {
    protobuf: {
      Any: MessageTypeDefinition<_google_protobuf_Any, _google_protobuf_Any__Output>
    }
    rpc: {
      Status: MessageTypeDefinition<_google_rpc_Status, _google_rpc_Status__Output>
    }
  }
  inference: {
    GRPCInferenceService: SubtypeConstructor<typeof grpc.Client, _inference_GRPCInferenceServiceClient> & { service: _inference_GRPCInferenceServiceDefinition }
    InferParameter: MessageTypeDefinition<_inference_InferParameter, _inference_InferParameter__Output>
    InferTensorContents: MessageTypeDefinition<_inference_InferTensorContents, _inference_InferTensorContents__Output>
    ModelInferRequest: MessageTypeDefinition<_inference_ModelInferRequest, _inference_ModelInferRequest__Output>
    ModelInferResponse: MessageTypeDefinition<_inference_ModelInferResponse, _inference_ModelInferResponse__Output>
    ModelMetadataRequest: MessageTypeDefinition<_inference_ModelMetadataRequest, _inference_ModelMetadataRequest__Output>
    ModelMetadataResponse: MessageTypeDefinition<_inference_ModelMetadataResponse, _inference_ModelMetadataResponse__Output>
    ModelReadyRequest: MessageTypeDefinition<_inference_ModelReadyRequest, _inference_ModelReadyRequest__Output>
    ModelReadyResponse: MessageTypeDefinition<_inference_ModelReadyResponse, _inference_ModelReadyResponse__Output>
    ServerLiveRequest: MessageTypeDefinition<_inference_ServerLiveRequest, _inference_ServerLiveRequest__Output>
    ServerLiveResponse: MessageTypeDefinition<_inference_ServerLiveResponse, _inference_ServerLiveResponse__Output>
    ServerMetadataRequest: MessageTypeDefinition<_inference_ServerMetadataRequest, _inference_ServerMetadataRequest__Output>
    ServerMetadataResponse: MessageTypeDefinition<_inference_ServerMetadataResponse, _inference_ServerMetadataResponse__Output>
    ServerReadyRequest: MessageTypeDefinition<_inference_ServerReadyRequest, _inference_ServerReadyRequest__Output>
    ServerReadyResponse: MessageTypeDefinition<_inference_ServerReadyResponse, _inference_ServerReadyResponse__Output>
  }
  sheaf: {
    mesh: {
      v1: {
        Cancel: MessageTypeDefinition<_sheaf_mesh_v1_Cancel, _sheaf_mesh_v1_Cancel__Output>
        ClientFrame: MessageTypeDefinition<_sheaf_mesh_v1_ClientFrame, _sheaf_mesh_v1_ClientFrame__Output>
        ClientHello: MessageTypeDefinition<_sheaf_mesh_v1_ClientHello, _sheaf_mesh_v1_ClientHello__Output>
        GoAway: MessageTypeDefinition<_sheaf_mesh_v1_GoAway, _sheaf_mesh_v1_GoAway__Output>
        Mesh: SubtypeConstructor<typeof grpc.Client, _sheaf_mesh_v1_MeshClient> & { service: _sheaf_mesh_v1_MeshDefinition }
        Open: MessageTypeDefinition<_sheaf_mesh_v1_Open, _sheaf_mesh_v1_Open__Output>
        Reply: MessageTypeDefinition<_sheaf_mesh_v1_Reply, _sheaf_mesh_v1_Reply__Output>
        ServerFrame: MessageTypeDefinition<_sheaf_mesh_v1_ServerFrame, _sheaf_mesh_v1_ServerFrame__Output>
        ServerHello: MessageTypeDefinition<_sheaf_mesh_v1_ServerHello, _sheaf_mesh_v1_ServerHello__Output>
      }
    }
  }
}

