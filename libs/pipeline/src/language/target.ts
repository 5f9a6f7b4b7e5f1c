/** A model or a transform, which some service runs. */
export type ModelTarget =
  | { readonly kind: 'model'; readonly name: string; readonly version?: string | undefined }
  | { readonly kind: 'transform'; readonly path: string };

export interface PipelineTarget {
  readonly kind: 'pipeline';
  readonly name: string;
  readonly version?: string | undefined;
}

/** What a step asks of others. A version may be an alias; without one it is the champion, or else the newest. */
export type Target = ModelTarget | PipelineTarget;

export const describeTarget = (target: Target): string =>
  target.kind === 'transform'
    ? `transform "${target.path}"`
    : `${target.kind} "${target.name}"${target.version ? ` version ${target.version}` : ''}`;
