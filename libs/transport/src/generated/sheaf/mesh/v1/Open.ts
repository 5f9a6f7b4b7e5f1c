// Original file: proto/sheaf/mesh/v1/mesh.proto

import type { ModelInferRequest as _inference_ModelInferRequest, ModelInferRequest__Output as _inference_ModelInferRequest__Output } from '../../../inference/ModelInferRequest.ts';
import type { Long } from '@grpc/proto-loader';

export interface Open {
  'call'?: (number);
  'timeoutUs'?: (number | string | Long);
  'traceparent'?: (string);
  'request'?: (_inference_ModelInferRequest | null);
}

export interface Open__Output {
  'call': (number);
  'timeoutUs': (string);
  'traceparent': (string);
  'request': (_inference_ModelInferRequest__Output | null);
}
