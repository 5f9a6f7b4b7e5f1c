// Original file: proto/sheaf/jobs/v1/jobs.proto

import type { ModelInferRequest as _inference_ModelInferRequest, ModelInferRequest__Output as _inference_ModelInferRequest__Output } from '../../../inference/ModelInferRequest.ts';
import type { Long } from '@grpc/proto-loader';

export interface SubmitRequest {
  'request'?: (_inference_ModelInferRequest | null);
  'idempotencyKey'?: (string);
  'priority'?: (number);
  'deadlineMs'?: (number | string | Long);
  'delayMs'?: (number | string | Long);
  'ttlMs'?: (number | string | Long);
  'attemptsMax'?: (number);
  'callbackUrl'?: (string);
}

export interface SubmitRequest__Output {
  'request': (_inference_ModelInferRequest__Output | null);
  'idempotencyKey': (string);
  'priority': (number);
  'deadlineMs': (number);
  'delayMs': (number);
  'ttlMs': (number);
  'attemptsMax': (number);
  'callbackUrl': (string);
}
