import { createRequire } from 'node:module';

/** Of ONNX Runtime as it was installed when this process began. */
export const { version: runtimeVersion } = createRequire(import.meta.url)('onnxruntime-node/package.json') as {
  readonly version: string;
};
