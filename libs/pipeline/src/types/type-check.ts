import type { Path } from '@sheaf/document';
import type { Signature, TensorSpec } from '@sheaf/inference';
import {
  type AfterRules,
  type BeforeRule,
  type BeforeRules,
  type CelType,
  checkExpression,
  compileAfter,
  compileBefore,
  type Evaluate,
  type Expression,
  listType,
  outputsOf,
  type RuleMistake,
  requestVariables,
  type Variables,
  type Wanted,
} from '@sheaf/rules';
import { inOrder, needed } from '../language/graph.ts';
import { PipelineProblems } from '../language/pipeline-problems.ts';
import type { PipelineSpec, Problem, Reference, StageSpec, Step, Target } from '../language/spec.ts';
import { expressionsOf, pipelineName, readsInputs } from '../language/walk.ts';
import { type NamedType, ownSignature } from './own-signature.ts';
import type { Resolved } from './resolved.ts';
import { StepTypes } from './step-types.ts';
import { identity, type TensorType, type Types, toSpec, Use, unlike } from './tensor-type.ts';

export type SignatureOf = (target: Target) => Signature | undefined;

/** By stage. */
export type StageOutputs = ReadonlyMap<string, readonly TensorSpec[]>;

/** A pipeline without a mistake, and what was found out about it: all that a call needs and that can be done once. */
export interface CheckedPipeline {
  readonly spec: PipelineSpec;
  readonly signature: Signature;
  /** What each stage gives. */
  readonly stageOutputs: StageOutputs;
  readonly evaluators: ReadonlyMap<Expression, Evaluate<Wanted>>;
  readonly resolved: ReadonlyMap<Step, Resolved>;
  /** The pipelines that its steps ask. */
  readonly pipelines: ReadonlyMap<Step, CheckedPipeline>;
  readonly before: BeforeRules;
  /** Of each pipeline that rules hand calls to, the inputs that it knows. */
  readonly reroutes: ReadonlyMap<string, readonly string[]>;
  readonly after: AfterRules;
  /** Outputs that the after-rules read, whether a caller wants them or not. */
  readonly readByRules: readonly string[];
}

/** Holds every wire of a pipeline against the real signatures, every expression against what it reads, and tells the pipeline's own signature. */
export function typeCheck(
  spec: PipelineSpec,
  signatureOf: SignatureOf,
): { readonly checked?: CheckedPipeline; readonly problems: readonly Problem[] } {
  const check = new TypeCheck(spec, signatureOf);
  const checked = check.run();
  return checked ? { checked, problems: [] } : { problems: check.problems.list };
}

class TypeCheck {
  readonly problems = new PipelineProblems();
  readonly #spec: PipelineSpec;
  readonly #inputs: Types;
  /** What each stage gives; undefined where that could not be told. */
  readonly #stages = new Map<string, Types | undefined>();
  readonly #evaluators = new Map<Expression, Evaluate<Wanted>>();
  readonly #reroutes = new Map<string, readonly string[]>();
  readonly #steps: StepTypes;
  readonly #signatureOf: SignatureOf;

  constructor(spec: PipelineSpec, signatureOf: SignatureOf) {
    this.#spec = spec;
    this.#signatureOf = signatureOf;
    const own = new Use({ ofCallers: true });
    this.#inputs = new Map(spec.inputs.map((input) => [input.name, own.give(input)]));
    this.#steps = new StepTypes(signatureOf, this.problems, {
      resolve: (reference, path) => this.#resolve(reference, path),
      checkExpressions: (step, path) => this.#checkExpressions(step, path),
    });
  }

  run(): CheckedPipeline | undefined {
    const { stages, outputs: wired } = this.#spec;
    for (const stage of inOrder(stages)) this.#stages.set(stage.name, this.#stage(stage));
    const outputs = [...wired].flatMap(([name, reference]) => {
      const type = this.#resolve(reference, ['outputs', name]);
      if (type?.maybeAbsent && !reference.optional) {
        this.problems.add(
          ['outputs', name],
          `there may be no ${shown(reference)} in an answer; give its switch an else, or write ${shown(reference)}?`,
        );
      }
      return type ? [{ name, type }] : [];
    });
    this.#checkUse();
    const before = this.#before(outputs);
    const after = this.#after(outputs);
    if (this.problems.list.length > 0 || typeof before !== 'function' || typeof after !== 'function') return undefined;
    return {
      spec: this.#spec,
      signature: ownSignature(this.#spec, this.#inputs, outputs),
      stageOutputs: new Map(
        [...this.#stages].map(([stage, types]) => [
          stage,
          [...(types ?? [])].map(([name, type]) => toSpec(name, type)),
        ]),
      ),
      evaluators: this.#evaluators,
      resolved: this.#steps.resolved,
      pipelines: new Map(),
      before,
      reroutes: this.#reroutes,
      after,
      readByRules: [...new Set(this.#spec.rules.after.flatMap(outputsOf))],
    };
  }

  #stage({ name, step, optional }: StageSpec): Types | undefined {
    const path = ['stages', name];
    const outputs = this.#steps.check(step, undefined, path);
    const skipped = [...(step.inputs?.values() ?? [])].some(
      (reference) => !reference.optional && this.#peek(reference)?.maybeAbsent,
    );
    if (!outputs || !(optional || skipped)) return outputs;
    return new Map([...outputs].map(([output, type]) => [output, { ...type, maybeAbsent: true }]));
  }

  #peek({ stage, name }: Reference): TensorType | undefined {
    return stage === undefined ? this.#inputs.get(name) : this.#stages.get(stage)?.get(name);
  }

  /** The tensor behind a reference; undefined, with a problem where it is new, when there is none. */
  #resolve(reference: Reference, path: Path): TensorType | undefined {
    const { stage, name } = reference;
    const found = this.#peek(reference);
    const outputs = stage === undefined ? undefined : this.#stages.get(stage);
    if (outputs && !found) {
      const known = [...outputs.keys()].join(', ');
      this.problems.addOnce(path, `stage "${stage}" has no output "${name}"; its outputs are ${known}`);
    }
    return found;
  }

  #contextVariables(): Variables {
    const typeOf = { string: 'string', number: 'double', boolean: 'bool' } as const;
    return Object.fromEntries(
      this.#spec.context.map(({ name, default: value }) => [name, typeOf[typeof value as keyof typeof typeOf]]),
    );
  }

  #checkExpressions(step: Step, path: Path): void {
    const expressions = expressionsOf(step, path);
    if (expressions.length === 0) return;
    const stages = Object.fromEntries([...this.#stages].map(([name, types]) => [name, listsOf(types ?? new Map())]));
    const variables = { ...requestVariables(this.#contextVariables(), this.#spec.inputs), stages };
    for (const { expression, path: place, wanted } of expressions) {
      // A stage of somebody else's server is known only when that answers; until then nothing can be said of its outputs.
      if (
        expression.reads.some(
          ([root, stage = '']) => root === 'stages' && this.#stages.get(stage) === undefined && this.#stages.has(stage),
        )
      )
        continue;
      const evaluate = checkExpression(expression, variables, wanted);
      if (typeof evaluate === 'string') this.problems.add(place, evaluate);
      else this.#evaluators.set(expression, evaluate);
    }
  }

  #before(outputs: readonly NamedType[]): BeforeRules | undefined {
    const { inputs, rules, version } = this.#spec;
    const open = inputs.filter(({ shape }) => shape[0] === -1);
    const rows = new Set(open.map(({ name }) => identity(this.#inputs.get(name)?.dims[0] ?? { size: 0, name: '' })));
    for (const [index, rule] of rules.before.entries()) {
      const path = ['rules', 'before', index];
      if (rule.kind === 'cap-rows' && rows.size > 1)
        this.problems.add(
          [...path, 'cap-rows'],
          `the first dimensions of the inputs need not be the same; give them one name, as in shape: [rows, ...]`,
        );
      const cut = rule.kind === 'cap-rows' && this.#alsoColumns();
      if (cut) this.problems.add([...path, 'cap-rows'], cut);
      if (rule.kind === 'reroute') this.#checkReroute(rule, outputs, [...path, 'reroute']);
    }
    const variables = requestVariables(this.#contextVariables(), inputs);
    return this.#told(
      compileBefore(rules.before, variables, new Set(open.map(({ name }) => name)), String(version)),
      'before',
    );
  }

  #alsoColumns(): string | undefined {
    for (const [
      name,
      {
        dims: [rows],
      },
    ] of this.#inputs)
      for (const [other, { dims }] of this.#inputs) {
        const axis = rows?.size === undefined ? dims.findIndex((dim, at) => at > 0 && dim === rows) : -1;
        if (axis > 0)
          return `the first dimension of input "${name}" is also shape[${axis}] of "${other}", which is not cut; give them two names`;
      }
    return undefined;
  }

  /** The other pipeline must take what callers of this one send, and give what they expect. */
  #checkReroute(
    { reroute: to, when }: Extract<BeforeRule, { kind: 'reroute' }>,
    outputs: readonly NamedType[],
    path: Path,
  ): void {
    const target: Target = { kind: 'pipeline', ...pipelineName(to) };
    const signature = this.#signatureOf(target);
    if (!signature) {
      this.problems.missing(path, target);
      return;
    }
    this.#reroutes.set(
      to,
      signature.inputs.map(({ name }) => name),
    );
    const use = new Use();
    for (const want of signature.inputs) {
      const got = this.#inputs.get(want.name);
      const looked = when !== undefined && readsInputs(when);
      const mayLack = got?.maybeAbsent && !want.optional ? 'callers may leave it out here, and not there' : undefined;
      const why = got
        ? (use.accept(want, got, { looked }) ?? mayLack)
        : !want.optional && 'this pipeline has no such input';
      if (why) this.problems.add(path, `input "${want.name}" of ${to}: ${why}`);
    }
    const known = signature.outputs.map(({ name }) => name).join(', ');
    for (const { name, type } of outputs) {
      const other = signature.outputs.find((output) => output.name === name);
      const got = other && use.give(other);
      const mayLack = got?.maybeAbsent && !type.maybeAbsent ? 'it may be absent there, and not here' : undefined;
      const why = got && (unlike(type, got) ?? mayLack);
      if (!got) this.problems.add(path, `${to} has no output "${name}"; its outputs are ${known}`);
      else if (why) this.problems.add(path, `output "${name}" of ${to}: ${why}`);
    }
  }

  #after(outputs: readonly NamedType[]): AfterRules | undefined {
    const { inputs, rules, version } = this.#spec;
    const variables = requestVariables(this.#contextVariables(), inputs);
    const specs = outputs.map(({ name, type }) => ({
      ...toSpec(name, type),
      rows: type.dims[0] && identity(type.dims[0]),
    }));
    return this.#told(compileAfter(rules.after, variables, specs, String(version)), 'after');
  }

  #told<T>(compiled: T | RuleMistake[], place: 'before' | 'after'): T | undefined {
    if (!Array.isArray(compiled)) return compiled as T;
    for (const { index, path, message } of compiled) this.problems.add(['rules', place, index, ...path], message);
    return undefined;
  }

  /** What no output needs would never run. */
  #checkUse(): void {
    const { stages, outputs } = this.#spec;
    const used = needed(stages, outputs.values());
    for (const { name } of stages)
      if (!used.has(name)) this.problems.add(['stages', name], 'no output of the pipeline needs this stage');
  }
}

const shown = ({ stage, name }: Reference): string => (stage === undefined ? name : `${stage}.${name}`);

const listsOf = (types: Types): Record<string, CelType> =>
  Object.fromEntries(
    [...types].flatMap(([name, { datatype }]) => {
      const type = listType(datatype);
      return type ? [[name, type]] : [];
    }),
  );
