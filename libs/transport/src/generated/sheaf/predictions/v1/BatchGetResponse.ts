// Original file: proto/sheaf/predictions/v1/predictions.proto

import type { Generation as _sheaf_predictions_v1_Generation, Generation__Output as _sheaf_predictions_v1_Generation__Output } from '../../../sheaf/predictions/v1/Generation.ts';
import type { Prediction as _sheaf_predictions_v1_Prediction, Prediction__Output as _sheaf_predictions_v1_Prediction__Output } from '../../../sheaf/predictions/v1/Prediction.ts';

export interface BatchGetResponse {
  'generation'?: (_sheaf_predictions_v1_Generation | null);
  'predictions'?: (_sheaf_predictions_v1_Prediction)[];
}

export interface BatchGetResponse__Output {
  'generation': (_sheaf_predictions_v1_Generation__Output | null);
  'predictions': (_sheaf_predictions_v1_Prediction__Output)[];
}
