export { describeTransform } from './describe-transform.ts';
export type { BatchingOptions } from './scheduler.ts';
export {
  type ModelOptions,
  openModel,
  openTransform,
  type ServedVersion,
  type TransformOptions,
} from './served-version.ts';
