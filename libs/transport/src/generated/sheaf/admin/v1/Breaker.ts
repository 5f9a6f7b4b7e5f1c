// Original file: proto/sheaf/admin/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface Breaker {
  'service'?: (string);
  'endpoint'?: (string);
  'model'?: (string);
  'version'?: (string);
  'state'?: (string);
  'sinceMs'?: (number | string | Long);
  'calls'?: (number);
  'failures'?: (number);
  'trialAtMs'?: (number | string | Long);
  'shutOut'?: (string)[];
  'openedMs'?: (number | string | Long)[];
}

export interface Breaker__Output {
  'service': (string);
  'endpoint': (string);
  'model': (string);
  'version': (string);
  'state': (string);
  'sinceMs': (number);
  'calls': (number);
  'failures': (number);
  'trialAtMs': (number);
  'shutOut': (string)[];
  'openedMs': (number)[];
}
