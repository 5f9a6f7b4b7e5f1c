// Original file: proto/sheaf/predictions/v1/predictions.proto

import type { ModelInferResponse as _inference_ModelInferResponse, ModelInferResponse__Output as _inference_ModelInferResponse__Output } from '../../../inference/ModelInferResponse.ts';
import type { Long } from '@grpc/proto-loader';

export interface Prediction {
  'key'?: (string);
  'isMissing'?: (boolean);
  'response'?: (_inference_ModelInferResponse | null);
  'computedMs'?: (number | string | Long);
  'isStale'?: (boolean);
}

export interface Prediction__Output {
  'key': (string);
  'isMissing': (boolean);
  'response': (_inference_ModelInferResponse__Output | null);
  'computedMs': (number);
  'isStale': (boolean);
}
