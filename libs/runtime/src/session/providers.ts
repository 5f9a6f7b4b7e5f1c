/** The execution providers of ONNX Runtime that a model may ask for. Each machine has some of them, and `cpu` always. */
export const providers = ['cpu', 'cuda', 'tensorrt', 'webgpu', 'coreml', 'dml'] as const;
export type Provider = (typeof providers)[number];
