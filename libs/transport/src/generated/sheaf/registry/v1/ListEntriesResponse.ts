// Original file: proto/sheaf/registry/v1/registry.proto

import type { Entry as _sheaf_registry_v1_Entry, Entry__Output as _sheaf_registry_v1_Entry__Output } from '../../../sheaf/registry/v1/Entry.ts';

export interface ListEntriesResponse {
  'entries'?: (_sheaf_registry_v1_Entry)[];
  'next'?: (string);
}

export interface ListEntriesResponse__Output {
  'entries': (_sheaf_registry_v1_Entry__Output)[];
  'next': (string);
}
