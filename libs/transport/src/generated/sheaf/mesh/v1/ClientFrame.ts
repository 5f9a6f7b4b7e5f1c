// Original file: proto/sheaf/mesh/v1/mesh.proto

import type { ClientHello as _sheaf_mesh_v1_ClientHello, ClientHello__Output as _sheaf_mesh_v1_ClientHello__Output } from '../../../sheaf/mesh/v1/ClientHello.ts';
import type { Open as _sheaf_mesh_v1_Open, Open__Output as _sheaf_mesh_v1_Open__Output } from '../../../sheaf/mesh/v1/Open.ts';
import type { Cancel as _sheaf_mesh_v1_Cancel, Cancel__Output as _sheaf_mesh_v1_Cancel__Output } from '../../../sheaf/mesh/v1/Cancel.ts';

export interface ClientFrame {
  'hello'?: (_sheaf_mesh_v1_ClientHello | null);
  'open'?: (_sheaf_mesh_v1_Open | null);
  'cancel'?: (_sheaf_mesh_v1_Cancel | null);
  'frame'?: "hello"|"open"|"cancel";
}

export interface ClientFrame__Output {
  'hello'?: (_sheaf_mesh_v1_ClientHello__Output | null);
  'open'?: (_sheaf_mesh_v1_Open__Output | null);
  'cancel'?: (_sheaf_mesh_v1_Cancel__Output | null);
  'frame'?: "hello"|"open"|"cancel";
}
