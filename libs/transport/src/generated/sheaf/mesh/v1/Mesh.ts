// Original file: proto/sheaf/mesh/v1/mesh.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ClientFrame as _sheaf_mesh_v1_ClientFrame, ClientFrame__Output as _sheaf_mesh_v1_ClientFrame__Output } from '../../../sheaf/mesh/v1/ClientFrame.ts';
import type { ServerFrame as _sheaf_mesh_v1_ServerFrame, ServerFrame__Output as _sheaf_mesh_v1_ServerFrame__Output } from '../../../sheaf/mesh/v1/ServerFrame.ts';

export interface MeshClient extends grpc.Client {
  Calls(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_sheaf_mesh_v1_ClientFrame, _sheaf_mesh_v1_ServerFrame__Output>;
  Calls(options?: grpc.CallOptions): grpc.ClientDuplexStream<_sheaf_mesh_v1_ClientFrame, _sheaf_mesh_v1_ServerFrame__Output>;
  calls(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_sheaf_mesh_v1_ClientFrame, _sheaf_mesh_v1_ServerFrame__Output>;
  calls(options?: grpc.CallOptions): grpc.ClientDuplexStream<_sheaf_mesh_v1_ClientFrame, _sheaf_mesh_v1_ServerFrame__Output>;
  
}

export interface MeshHandlers extends grpc.UntypedServiceImplementation {
  Calls: grpc.handleBidiStreamingCall<_sheaf_mesh_v1_ClientFrame__Output, _sheaf_mesh_v1_ServerFrame>;
  
}

export interface MeshDefinition extends grpc.ServiceDefinition {
  Calls: MethodDefinition<_sheaf_mesh_v1_ClientFrame, _sheaf_mesh_v1_ServerFrame, _sheaf_mesh_v1_ClientFrame__Output, _sheaf_mesh_v1_ServerFrame__Output>
}
