// Original file: proto/sheaf/mesh/v1/mesh.proto

import type { ModelInferResponse as _inference_ModelInferResponse, ModelInferResponse__Output as _inference_ModelInferResponse__Output } from '../../../inference/ModelInferResponse.ts';
import type { Status as _google_rpc_Status, Status__Output as _google_rpc_Status__Output } from '../../../google/rpc/Status.ts';

export interface Reply {
  'call'?: (number);
  'final'?: (boolean);
  'response'?: (_inference_ModelInferResponse | null);
  'status'?: (_google_rpc_Status | null);
  'pushbackMs'?: (number);
  'outcome'?: "response"|"status";
  '_pushbackMs'?: "pushbackMs";
}

export interface Reply__Output {
  'call': (number);
  'final': (boolean);
  'response'?: (_inference_ModelInferResponse__Output | null);
  'status'?: (_google_rpc_Status__Output | null);
  'pushbackMs'?: (number);
  'outcome'?: "response"|"status";
  '_pushbackMs'?: "pushbackMs";
}
