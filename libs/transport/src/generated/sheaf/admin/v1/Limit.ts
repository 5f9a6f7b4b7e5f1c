// Original file: proto/sheaf/admin/v1/admin.proto

import type { Bucket as _sheaf_admin_v1_Bucket, Bucket__Output as _sheaf_admin_v1_Bucket__Output } from '../../../sheaf/admin/v1/Bucket.ts';

export interface Limit {
  'name'?: (string);
  'policy'?: (string);
  'buckets'?: (_sheaf_admin_v1_Bucket)[];
}

export interface Limit__Output {
  'name': (string);
  'policy': (string);
  'buckets': (_sheaf_admin_v1_Bucket__Output)[];
}
