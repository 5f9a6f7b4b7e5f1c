// Original file: proto/sheaf/mesh/v1/mesh.proto

import type { ServerHello as _sheaf_mesh_v1_ServerHello, ServerHello__Output as _sheaf_mesh_v1_ServerHello__Output } from '../../../sheaf/mesh/v1/ServerHello.ts';
import type { Reply as _sheaf_mesh_v1_Reply, Reply__Output as _sheaf_mesh_v1_Reply__Output } from '../../../sheaf/mesh/v1/Reply.ts';
import type { GoAway as _sheaf_mesh_v1_GoAway, GoAway__Output as _sheaf_mesh_v1_GoAway__Output } from '../../../sheaf/mesh/v1/GoAway.ts';

export interface ServerFrame {
  'hello'?: (_sheaf_mesh_v1_ServerHello | null);
  'reply'?: (_sheaf_mesh_v1_Reply | null);
  'goAway'?: (_sheaf_mesh_v1_GoAway | null);
  'frame'?: "hello"|"reply"|"goAway";
}

export interface ServerFrame__Output {
  'hello'?: (_sheaf_mesh_v1_ServerHello__Output | null);
  'reply'?: (_sheaf_mesh_v1_Reply__Output | null);
  'goAway'?: (_sheaf_mesh_v1_GoAway__Output | null);
  'frame'?: "hello"|"reply"|"goAway";
}
