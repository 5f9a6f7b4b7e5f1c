// Original file: proto/sheaf/registry/v1/registry.proto

import type { WatchedEntry as _sheaf_registry_v1_WatchedEntry, WatchedEntry__Output as _sheaf_registry_v1_WatchedEntry__Output } from '../../../sheaf/registry/v1/WatchedEntry.ts';
import type { Long } from '@grpc/proto-loader';

export interface Snapshot {
  'epoch'?: (number | string | Long);
  'entries'?: (_sheaf_registry_v1_WatchedEntry)[];
  'isLast'?: (boolean);
}

export interface Snapshot__Output {
  'epoch': (number);
  'entries': (_sheaf_registry_v1_WatchedEntry__Output)[];
  'isLast': (boolean);
}
