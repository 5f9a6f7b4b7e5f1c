/** Inputs and outputs as ModelMetadata tells them. What the protocol has no field for goes in parameters, which other clients do not look at. */
import type { Datatype, TensorSpec } from '@sheaf/inference';
import type {
  _inference_ModelMetadataResponse_TensorMetadata as WireSpec,
  _inference_ModelMetadataResponse_TensorMetadata__Output as WireSpecOutput,
} from './generated/inference/ModelMetadataResponse.ts';

/** A JSON list of names: what the last dimension counts. */
const labelsParameter = 'sheaf_labels';
/** True: any rank will do. The shape is then `[-1]`, since an empty one would be a scalar's. */
const unrankedParameter = 'sheaf_unranked';

export function writeSpec({ name, datatype, shape, unranked, labels }: TensorSpec): WireSpec {
  return {
    name,
    datatype,
    shape: unranked ? [-1] : [...shape],
    parameters: {
      ...(labels ? { [labelsParameter]: { stringParam: JSON.stringify(labels) } } : {}),
      ...(unranked ? { [unrankedParameter]: { boolParam: true } } : {}),
    },
  };
}

export function readSpec({ name, datatype, shape, parameters }: WireSpecOutput): TensorSpec {
  const labels = readLabels(parameters[labelsParameter]?.stringParam);
  return {
    name,
    datatype: datatype as Datatype,
    ...(parameters[unrankedParameter]?.boolParam ? { shape: [], unranked: true } : { shape: shape.map(Number) }),
    ...(labels ? { labels } : {}),
  };
}

/** What another server means by the name is not known: whatever is no list of names is no labels. */
function readLabels(text: string | undefined): readonly string[] | undefined {
  if (!text) return undefined;
  try {
    const labels: unknown = JSON.parse(text);
    return Array.isArray(labels) && labels.every((label) => typeof label === 'string') ? labels : undefined;
  } catch {
    return undefined;
  }
}
