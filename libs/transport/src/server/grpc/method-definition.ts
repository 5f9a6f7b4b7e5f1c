/** The part of a definition of proto-loader that is looked at. */
export interface MethodDefinition<Request, Response> {
  /** Such as `/inference.GRPCInferenceService/ModelInfer`. */
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  requestDeserialize(bytes: Buffer): Request;
  responseSerialize(value: Response): Buffer;
}
