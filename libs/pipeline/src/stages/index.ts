import type { StepKind } from '../language/spec.ts';
import { each } from './each.ts';
import { ensemble } from './ensemble.ts';
import { fallback } from './fallback.ts';
import { model } from './model.ts';
import { pipeline } from './pipeline.ts';
import type { StageKind } from './stage-kind.ts';
import { switchKind } from './switch.ts';
import { transform } from './transform.ts';

/** Every kind of step, by the key that a document writes, in the order in which messages and the reference page name them. */
export const stageKinds: { readonly [K in StepKind]: StageKind<K> } = {
  model,
  transform,
  pipeline,
  ensemble,
  switch: switchKind,
  each,
  fallback,
};

/** What there is to say of a step's kind. */
export const kindOf = ({ kind }: { readonly kind: StepKind }): StageKind => stageKinds[kind];
