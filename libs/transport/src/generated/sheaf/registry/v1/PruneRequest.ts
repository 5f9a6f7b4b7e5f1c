// Original file: proto/sheaf/registry/v1/registry.proto


export interface PruneRequest {
  'kind'?: (string);
  'name'?: (string);
  'keepNewest'?: (number);
  'keepHourly'?: (boolean);
  'dryRun'?: (boolean);
  'why'?: (string);
}

export interface PruneRequest__Output {
  'kind': (string);
  'name': (string);
  'keepNewest': (number);
  'keepHourly': (boolean);
  'dryRun': (boolean);
  'why': (string);
}
