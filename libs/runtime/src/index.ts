export type { BatchingOptions } from './call-queue.ts';
export { describeTransform } from './describe-transform.ts';
export { type Provider, providers } from './providers.ts';
export {
  type ModelOptions,
  openModel,
  openTransform,
  type ServedVersion,
  type TransformOptions,
} from './served-version.ts';
