// Original file: proto/sheaf/registry/v1/registry.proto

import type { PushBegin as _sheaf_registry_v1_PushBegin, PushBegin__Output as _sheaf_registry_v1_PushBegin__Output } from '../../../sheaf/registry/v1/PushBegin.ts';
import type { PushFiles as _sheaf_registry_v1_PushFiles, PushFiles__Output as _sheaf_registry_v1_PushFiles__Output } from '../../../sheaf/registry/v1/PushFiles.ts';
import type { PushChunk as _sheaf_registry_v1_PushChunk, PushChunk__Output as _sheaf_registry_v1_PushChunk__Output } from '../../../sheaf/registry/v1/PushChunk.ts';

export interface PushRequest {
  'begin'?: (_sheaf_registry_v1_PushBegin | null);
  'files'?: (_sheaf_registry_v1_PushFiles | null);
  'chunk'?: (_sheaf_registry_v1_PushChunk | null);
  'step'?: "begin"|"files"|"chunk";
}

export interface PushRequest__Output {
  'begin'?: (_sheaf_registry_v1_PushBegin__Output | null);
  'files'?: (_sheaf_registry_v1_PushFiles__Output | null);
  'chunk'?: (_sheaf_registry_v1_PushChunk__Output | null);
  'step'?: "begin"|"files"|"chunk";
}
