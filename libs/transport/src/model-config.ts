/** What clients of Triton plan their requests by. */
import type { Datatype, ModelDescription, TensorSpec } from '@sheaf/inference';
import type { DataType } from './generated/inference/DataType.ts';
import type { ModelConfig } from './generated/inference/ModelConfig.ts';

/** Only its name for texts differs. */
const typeOf = (datatype: Datatype): DataType => (datatype === 'BYTES' ? 'TYPE_STRING' : `TYPE_${datatype}`);

const tensorOf = ({ name, datatype, shape, unranked }: TensorSpec) => ({
  name,
  dataType: typeOf(datatype),
  dims: unranked ? [-1] : [...shape],
});

export const configOf = ({ name, platform, inputs, outputs }: ModelDescription): ModelConfig => ({
  name,
  platform,
  input: inputs.map(tensorOf),
  output: outputs.map(tensorOf),
});
