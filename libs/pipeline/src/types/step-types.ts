import type { Path } from '@sheaf/document';
import type { Signature } from '@sheaf/inference';
import { labelsMistake } from '../combiners/align.ts';
import { combinedOutputs } from '../combiners/index.ts';
import { describeTarget, memberOf, type PipelineProblems } from '../language/pipeline-problems.ts';
import type {
  EachStep,
  EnsembleStep,
  FallbackStep,
  Reference,
  Step,
  SwitchStep,
  Target,
  TargetStep,
} from '../language/spec.ts';
import { readsInputs, targetsBelow } from '../language/walk.ts';
import { classesOf } from './classes.ts';
import type { Given, Resolved } from './resolved.ts';
import { either, openDim, rankOf, type TensorType, type Types, Use, unlike } from './tensor-type.ts';

type SignatureOf = (target: Target) => Signature | undefined;

interface Surroundings {
  readonly resolve: (reference: Reference, path: Path) => TensorType | undefined;
  readonly checkExpressions: (step: Step, path: Path) => void;
}

/** What a step takes and gives, for every kind of step. */
export class StepTypes {
  readonly resolved = new Map<Step, Resolved>();
  readonly #signatureOf: SignatureOf;
  readonly #problems: PipelineProblems;
  readonly #around: Surroundings;
  /** Inside a switch that looks at inputs: each branch may be for sizes of its own. */
  #looked = false;

  constructor(signatureOf: SignatureOf, problems: PipelineProblems, around: Surroundings) {
    this.#signatureOf = signatureOf;
    this.#problems = problems;
    this.#around = around;
  }

  /** What the step gives, by name; undefined when that cannot be told. `outer` are the inputs of the step around it. */
  check(step: Step, outer: Given | undefined, path: Path, wiresPath: Path = [...path, 'inputs']): Types | undefined {
    const own = step.inputs ? [...path, 'inputs'] : wiresPath;
    const given = step.inputs ? this.#wired(step.inputs, own, outer !== undefined) : (outer ?? new Map());
    if (step.inputs && step.kind !== 'target') this.#checkTaken(step, given, own);
    this.#around.checkExpressions(step, path);
    switch (step.kind) {
      case 'target':
        return this.#target(step, given, path, own);
      case 'ensemble':
        return this.#ensemble(step, given, path, own);
      case 'switch':
        return this.#switch(step, given, path, own);
      case 'each':
        return this.#each(step, given, path, own);
      case 'fallback':
        return this.#fallback(step, given, path, own);
    }
  }

  #wired(inputs: ReadonlyMap<string, Reference>, path: Path, isInner: boolean): Given {
    return new Map(
      [...inputs].map(([name, reference]) => {
        const type = this.#around.resolve(reference, [...path, name]);
        if (type?.maybeAbsent && isInner && !reference.optional)
          this.#problems.addOnce(
            [...path, name],
            'there may be no such tensor; write it with a "?" where it can be done without',
          );
        // A stage whose input is absent does not run, so what it reads without a "?" is there whenever it runs.
        return [name, type && { ...type, maybeAbsent: type.maybeAbsent && reference.optional }];
      }),
    );
  }

  /** An input that no step inside takes is a mistake; one that only some take is not. */
  #checkTaken(step: Step, given: Given, path: Path): void {
    const takers = targetsBelow(step);
    const signatures = takers.map((target) => this.#signatureOf(target));
    if (takers.length === 0 || signatures.includes(undefined)) return;
    const known = new Set(signatures.flatMap((signature) => (signature?.inputs ?? []).map(({ name }) => name)));
    for (const name of given.keys()) {
      if (!known.has(name))
        this.#problems.addOnce([...path, name], `there is no input "${name}"; the inputs are ${[...known].join(', ')}`);
    }
  }

  #signature(target: Target, path: Path): Signature | undefined {
    const signature = this.#signatureOf(target);
    if (!signature) this.#problems.missing(path, target);
    return signature;
  }

  #target(step: TargetStep, given: Given, path: Path, wires: Path): Types | undefined {
    const { target, inputs: own } = step;
    const signature = this.#signature(target, [...path, target.kind]);
    if (!signature) return undefined;
    const use = new Use();
    const who = memberOf(path);
    for (const [name, type] of given) {
      const want = signature.inputs.find((input) => input.name === name);
      const known = signature.inputs.map((input) => input.name).join(', ');
      const why = want
        ? type &&
          (use.accept(want, type, { looked: this.#looked }) ??
            (type.maybeAbsent && !want.optional ? 'it may be absent, and the input is not optional' : undefined))
        : own && `there is no input "${name}"; the inputs are ${known}`;
      if (why) this.#problems.addOnce([...wires, name], `${who}${why}`);
    }
    const missing = signature.inputs.filter(({ name, optional }) => !optional && !given.has(name));
    for (const { name } of missing) this.#problems.addOnce(wires, `${who}input "${name}" is missing`);
    this.resolved.set(step, { inputs: signature.inputs.flatMap(({ name }) => (given.has(name) ? [name] : [])) });
    return new Map(signature.outputs.map((output) => [output.name, use.give(output)]));
  }

  #ensemble(step: EnsembleStep, given: Given, path: Path, wires: Path): Types | undefined {
    const { members, combine } = step;
    const answers: TensorType[] = [];
    for (const { name, step: inner, outputs: renamed, labels } of members) {
      const place = [...path, 'ensemble', name];
      const outputs = this.check(inner, given, place, wires);
      const called = renamed.get(combine.output) ?? combine.output;
      const answer = outputs?.get(called);
      const what = inner.kind === 'target' ? describeTarget(inner.target) : 'it';
      if (outputs && !answer)
        this.#problems.add(
          place,
          `${what} has no output "${called}"; its outputs are ${[...outputs.keys()].join(', ')}`,
        );
      if (answer?.maybeAbsent)
        this.#problems.add(place, `there may be no "${called}" in its answer; give its switch an else`);
      const [first] = answers;
      const together = combine.kind !== 'first' && !this.#looked;
      const why = first && answer && combine.kind !== 'stack' && unlike(first, answer, { together });
      if (why) this.#problems.add(place, `its output "${called}" is unlike that of the other members: ${why}`);
      const mislabelled = labels && answer && labelsMistake(labels, answer, called);
      if (mislabelled) this.#problems.add([...place, 'labels'], mislabelled);
      if (answer) answers.push(answer);
    }
    const [first] = answers;
    if (!first || answers.length < members.length) return undefined;
    const classes = classesOf(step, answers);
    if (typeof classes === 'string') this.#problems.add([...path, 'combine'], classes);
    else this.resolved.set(step, { answers, given, classes });
    if (combine.kind === 'stack') return this.#stack(step, answers, path);
    const labels = typeof classes === 'string' ? undefined : classes.common;
    const outputs = combinedOutputs(combine, { ...answers.reduce(either), labels }, members.length);
    if (typeof outputs !== 'string') return outputs;
    this.#problems.add([...path, 'combine'], outputs);
    return undefined;
  }

  #stack(step: EnsembleStep, answers: readonly TensorType[], path: Path): Types | undefined {
    const { combine } = step;
    if (combine.kind !== 'stack') return undefined;
    const place = [...path, 'combine'];
    const signature = this.#signature({ kind: 'model', name: combine.model, version: combine.version }, [
      ...place,
      'model',
    ]);
    const [first] = answers;
    if (!signature || !first) return undefined;
    const names = signature.inputs.map(({ name }) => name).join(', ');
    const want =
      combine.input === undefined ? signature.inputs[0] : signature.inputs.find(({ name }) => name === combine.input);
    if (!want || signature.inputs.length > 1) {
      this.#problems.add(
        place,
        `want a meta-model with one input, "${combine.input ?? '...'}"; the inputs of ${combine.model} are ${names}`,
      );
      return undefined;
    }
    const lasts = answers.map(({ dims }) => dims.at(-1)?.size);
    const width = lasts.some((size) => size === undefined)
      ? undefined
      : lasts.reduce<number>((sum, size) => sum + (size ?? 0), 0);
    const joined: TensorType = { ...first, dims: [...first.dims.slice(0, -1), { size: width, name: '' }] };
    const use = new Use();
    const why = use.accept(want, joined, { looked: this.#looked });
    if (why) this.#problems.add(place, `input "${want.name}" of ${combine.model}: ${why}`);
    this.resolved.set(step, { ...this.resolved.get(step), stackInput: want.name });
    return new Map(signature.outputs.map((output) => [output.name, use.give(output)]));
  }

  #switch({ branches }: SwitchStep, given: Given, path: Path, wires: Path): Types | undefined {
    const places = branches.map(({ step }, index) => ({ step, place: [...path, 'switch', index] }));
    const hasElse = branches.at(-1)?.when === undefined;
    const around = this.#looked;
    this.#looked ||= branches.some(({ when }) => when && readsInputs(when));
    const types = this.#oneOf(places, given, wires, hasElse);
    this.#looked = around;
    return types;
  }

  #fallback({ steps }: FallbackStep, given: Given, path: Path, wires: Path): Types | undefined {
    return this.#oneOf(
      steps.map((step, index) => ({ step, place: [...path, 'fallback', index] })),
      given,
      wires,
      true,
    );
  }

  /** What one of several steps gives, whichever it is. */
  #oneOf(steps: readonly { step: Step; place: Path }[], given: Given, wires: Path, isSure: boolean): Types | undefined {
    const all = steps.map(({ step, place }) => ({ place, types: this.check(step, given, place, wires) }));
    const merged = new Map<string, TensorType>();
    for (const { place, types } of all) {
      if (!types) return undefined;
      for (const [name, type] of types) {
        const other = merged.get(name);
        const why = other && unlike(other, type);
        if (why) this.#problems.add(place, `its output "${name}" is unlike that of the steps before it: ${why}`);
        else merged.set(name, other ? either(other, type) : type);
      }
    }
    return new Map(
      [...merged].map(([name, type]) => {
        const everywhere = all.every(({ types }) => types?.has(name));
        return [name, { ...type, maybeAbsent: type.maybeAbsent || !isSure || !everywhere }];
      }),
    );
  }

  #each(step: EachStep, given: Given, path: Path, wires: Path): Types | undefined {
    const { over, dimension } = step;
    const missing = over.find((name) => !given.has(name));
    if (missing !== undefined) {
      this.#problems.add(
        [...path, 'over'],
        `there is no input "${missing}"; the inputs are ${[...given.keys()].join(', ')}`,
      );
      return undefined;
    }
    const shallow = over.find((name) => (rankOf(given.get(name)) ?? 16) <= dimension);
    if (shallow !== undefined) {
      this.#problems.add([...path, 'over'], `input "${shallow}" has no dimension ${dimension} to be split along`);
      return undefined;
    }
    const keeps = this.#keeps(step, given);
    const part = new Map(
      [...given].map(([name, type]): [string, TensorType | undefined] => {
        if (!type || !over.includes(name)) return [name, type];
        if (type.unranked) return [name, { ...type, maybeAbsent: type.maybeAbsent && over.length > 1 }];
        const dims = keeps ? type.dims.with(dimension, partDim(step)) : type.dims.toSpliced(dimension, 1);
        // Without the only input that is split there is no part, so a part has it.
        return [name, { ...type, dims, maybeAbsent: type.maybeAbsent && over.length > 1 }];
      }),
    );
    if (!keeps && step.size > 1)
      this.#problems.add([...path, 'size'], `want 1, since a part has no dimension ${dimension}, got ${step.size}`);
    const types = this.check(step.step, part, [...path, 'each'], wires);
    if (!types) return undefined;
    const noneSent = over.every((name) => given.get(name)?.maybeAbsent);
    const whole = given.get(over[0] ?? '')?.dims[dimension] ?? openDim();
    const outputs = new Map(
      [...types].map(([name, type]): [string, TensorType] => {
        if (type.unranked) return [name, { ...type, maybeAbsent: type.maybeAbsent || noneSent }];
        if (keeps && type.dims.length <= dimension)
          this.#problems.add(
            [...path, 'each'],
            `its output "${name}" has no dimension ${dimension} to be joined along`,
          );
        const dims = keeps
          ? type.dims.with(Math.min(dimension, Math.max(0, type.dims.length - 1)), whole)
          : type.dims.toSpliced(Math.min(dimension, type.dims.length), 0, whole);
        return [name, { ...type, dims, maybeAbsent: type.maybeAbsent || noneSent }];
      }),
    );
    this.resolved.set(step, { outputs, keepsDimension: keeps });
    return outputs;
  }

  /** A part keeps the dimension, as 1 or a few, unless what is asked takes one dimension less. */
  #keeps({ step, over }: EachStep, given: Given): boolean {
    const [name = ''] = over;
    const rank = rankOf(given.get(name));
    const [target] = targetsBelow(step);
    const want = target && this.#signatureOf(target)?.inputs.find((input) => input.name === name);
    return !want || want.unranked || rank === undefined || want.shape.length >= rank;
  }
}

const partDim = ({ size }: EachStep) => (size === 1 ? { size: 1, name: '' } : openDim());
