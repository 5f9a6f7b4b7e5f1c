// Original file: proto/sheaf/registry/v1/registry.proto


export interface ListEntriesRequest {
  'kind'?: (string);
  'after'?: (string);
  'limit'?: (number);
}

export interface ListEntriesRequest__Output {
  'kind': (string);
  'after': (string);
  'limit': (number);
}
