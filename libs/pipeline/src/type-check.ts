import { mismatch, type Signature, type TensorSpec } from '@sheaf/inference';
import { combinedOutputs } from './combiners/index.ts';
import { inOrder } from './graph.ts';
import type { EnsembleStage, PipelineSpec, Problem, Reference, StageSpec, Target } from './spec.ts';

type SignatureOf = (target: Target) => Signature | undefined;

const describe = (target: Target): string =>
  target.kind === 'model'
    ? `model "${target.name}"${target.version ? ` version ${target.version}` : ''}`
    : `transform "${target.path}"`;

/** Holds every wire of a pipeline against the real signatures, and tells the pipeline's own. */
export function typeCheck(
  spec: PipelineSpec,
  signatureOf: SignatureOf,
): { readonly signature?: Signature; readonly problems: readonly Problem[] } {
  const check = new TypeCheck(spec, signatureOf);
  for (const stage of inOrder(spec.stages)) check.stage(stage);
  const outputs = [...spec.outputs].flatMap(([name, reference]) => {
    const source = check.resolve(reference, ['outputs', name]);
    return source ? [{ ...source, name }] : [];
  });
  const { problems } = check;
  return problems.length === 0 ? { signature: { inputs: spec.inputs, outputs }, problems } : { problems };
}

class TypeCheck {
  readonly problems: Problem[] = [];
  readonly #signatureOf: SignatureOf;
  readonly #inputs: ReadonlyMap<string, TensorSpec>;
  /** What each stage gives; undefined where that could not be told. */
  readonly #outputs = new Map<string, readonly TensorSpec[] | undefined>();

  constructor(spec: PipelineSpec, signatureOf: SignatureOf) {
    this.#signatureOf = signatureOf;
    this.#inputs = new Map(spec.inputs.map((input) => [input.name, input]));
  }

  /** A wire into an ensemble is looked at once for each member; what is wrong with it is told once. */
  #add(path: Problem['path'], message: string): void {
    const told = this.problems.some((problem) => problem.message === message && String(problem.path) === String(path));
    if (!told) this.problems.push({ path, message });
  }

  stage(stage: StageSpec): void {
    const path = ['stages', stage.name];
    if (stage.kind === 'ensemble') this.#outputs.set(stage.name, this.#ensemble(stage, path));
    else {
      const signature = this.#signature(stage.target, [...path, stage.kind]);
      if (signature) this.#wires(stage, signature, '');
      this.#outputs.set(stage.name, signature?.outputs);
    }
  }

  /** The tensor behind a reference; undefined, with a problem where it is new, when there is none. */
  resolve({ stage, name }: Reference, path: Problem['path']): TensorSpec | undefined {
    if (stage === undefined) return this.#inputs.get(name);
    const outputs = this.#outputs.get(stage);
    const found = outputs?.find((output) => output.name === name);
    if (outputs && !found) {
      const known = outputs.map((output) => output.name).join(', ');
      this.#add(path, `stage "${stage}" has no output "${name}"; its outputs are ${known}`);
    }
    return found;
  }

  #signature(target: Target, path: Problem['path']): Signature | undefined {
    const signature = this.#signatureOf(target);
    if (!signature) this.problems.push({ path, message: `there is no ${describe(target)}`, target });
    return signature;
  }

  /** `who` names the member, for an ensemble. */
  #wires({ name: stage, inputs }: StageSpec, signature: Signature, who: string): void {
    const path = ['stages', stage, 'inputs'];
    for (const [input, reference] of inputs) {
      const want = signature.inputs.find(({ name }) => name === input);
      const got = this.resolve(reference, [...path, input]);
      const known = signature.inputs.map(({ name }) => name).join(', ');
      const why = want ? got && mismatch(want, got) : `there is no input "${input}"; the inputs are ${known}`;
      if (why) this.problems.push({ path: [...path, input], message: `${who}${why}` });
    }
    for (const { name } of signature.inputs) {
      if (!inputs.has(name)) this.problems.push({ path, message: `${who}input "${name}" is missing` });
    }
  }

  #ensemble(stage: EnsembleStage, path: readonly string[]): readonly TensorSpec[] | undefined {
    const { members, combine } = stage;
    let first: TensorSpec | undefined;
    let complete = true;
    for (const { name, target } of members) {
      const place = [...path, 'ensemble', name];
      const signature = this.#signature(target, [...place, 'model']);
      const output = signature?.outputs.find((candidate) => candidate.name === combine.output);
      if (signature) this.#wires(stage, signature, `member ${name}: `);
      if (signature && !output) {
        const known = signature.outputs.map((candidate) => candidate.name).join(', ');
        this.problems.push({
          path: place,
          message: `${describe(target)} has no output "${combine.output}"; its outputs are ${known}`,
        });
      }
      const why = first && output && mismatch(first, output);
      if (why)
        this.problems.push({
          path: place,
          message: `its output "${combine.output}" is unlike that of the other members: ${why}`,
        });
      first ??= output;
      complete &&= output !== undefined;
    }
    if (!first || !complete) return undefined;
    const outputs = combinedOutputs(combine, first, members.length);
    if (typeof outputs !== 'string') return outputs;
    this.problems.push({ path: [...path, 'combine'], message: outputs });
    return undefined;
  }
}
