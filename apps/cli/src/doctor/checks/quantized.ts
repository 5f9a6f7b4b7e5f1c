import { type Check, finding, some } from '../finding.ts';

/** It scales by the largest value of what runs together, so that an answer depends on the company that it was made in. */
export const quantized: Check = ({ quantized: models }) =>
  models.length === 0
    ? []
    : [
        finding(
          'note',
          `models quantize what they get while they run, so that an answer may depend on what it is batched with: ${some(models)}`,
          'quantize them statically, or batching: false in model.yaml where answers have to be the same each time',
        ),
      ];
