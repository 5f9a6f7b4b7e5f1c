import { isRecord } from '@sheaf/document';
import type { PipelineSpec } from './spec.ts';
import type { Target } from './target.ts';
import { pipelineName } from './walk.ts';

export interface Binding {
  /** How it is called, whatever its document says. */
  readonly pipeline: string;
  readonly version: number;
  /** What is asked in the place of what the document names. */
  readonly target: (target: Target) => Target;
}

/** A pipeline under another name and version, which asks what `target` answers for each thing that its document names. */
export function bindPipeline(spec: PipelineSpec, { pipeline, version, target }: Binding): PipelineSpec {
  const stages = boundIn(spec.stages, target) as PipelineSpec['stages'];
  const before = spec.rules.before.map((rule) =>
    rule.kind === 'reroute' ? { ...rule, reroute: reroutedTo(rule.reroute, target) } : rule,
  );
  return { ...spec, pipeline, version, stages, rules: { ...spec.rules, before } };
}

function reroutedTo(text: string, bind: Binding['target']): string {
  const target = bind({ kind: 'pipeline', ...pipelineName(text) });
  if (target.kind !== 'pipeline') return text;
  return target.version === undefined ? target.name : `${target.name}/${target.version}`;
}

/** A spec is plain data, and what is asked stands in it as `target`, or beside the kind of a combiner that asks a model. */
function boundIn(value: unknown, bind: Binding['target']): unknown {
  if (Array.isArray(value)) return value.map((item) => boundIn(item, bind));
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, boundIn(item, bind)]));
  if (!isRecord(value) || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const entries = Object.entries(value).map(([key, item]) => [
    key,
    key === 'target' && isTarget(item) ? bind(item) : boundIn(item, bind),
  ]);
  return withMeta(Object.fromEntries(entries), bind);
}

/** A combiner by a meta-model names it itself. */
function withMeta(value: Record<string, unknown>, bind: Binding['target']): unknown {
  const { kind, model, version } = value;
  if (kind !== 'stack' || typeof model !== 'string') return value;
  const bound = bind({ kind: 'model', name: model, version: typeof version === 'string' ? version : undefined });
  return bound.kind === 'model' ? { ...value, model: bound.name, version: bound.version } : value;
}

const isTarget = (value: unknown): value is Target =>
  isRecord(value) && ['model', 'transform', 'pipeline'].includes(String(value['kind']));
