import type { Fields, Path, Problems, Reader, ValuesOf } from '@sheaf/document';
import type { Signature } from '@sheaf/inference';
import type { DryRunTerms, TryEvaluate } from '../engine/dry-run-report.ts';
import type { LatencyOf } from '../engine/stage-times.ts';
import type { RunStep } from '../engine/step.ts';
import type { Targets } from '../engine/targets.ts';
import type { PlacedExpression } from '../language/expressions.ts';
import type { PipelineProblems } from '../language/pipeline-problems.ts';
import type { CheckedStep, PlacedStep, Step, StepBase, StepKind, StepKinds } from '../language/spec.ts';
import type { PipelineTarget, Target } from '../language/target.ts';
import type { CheckedPipeline } from '../types/checked-pipeline.ts';
import type { Given, Types } from '../types/tensor-type.ts';

/**
 * All that there is to say of one kind of step. To add one: a file with a value of this type, and a line in `index.ts`; what is left out does not compile.
 */
export interface StageKind<K extends StepKind = StepKind> {
  /** The keys of the document, the kind's own first. */
  fields(steps: StepReaders): Fields;
  /** Makes the step of what the keys hold. */
  read(values: ValuesOf<Fields>, base: StepBase): StepKinds[K]['step'];
  /** Whether its own key holds one step, not steps under names or numbers. */
  readonly holdsOneStep?: true;
  /** The steps directly inside, in their order. `path` is the place of this one in the document. */
  inner(step: StepKinds[K]['step'], path: Path): readonly InnerStep[];
  /** Which of the steps inside a call runs, as far as anybody can know before: all, the first, or one of them. */
  readonly runs: 'all' | 'first' | 'one';
  /** What it asks itself: models, transforms, other pipelines. */
  targets(step: StepKinds[K]['step']): readonly Target[];
  /** The expressions that it has itself. */
  expressions(step: StepKinds[K]['step'], path: Path): readonly PlacedExpression[];
  /** Adds what is wrong with it whatever the models are. `inside` gives a step and all inside it. */
  validate(
    step: StepKinds[K]['step'],
    path: Path,
    problems: Problems,
    inside: (step: Step, path: Path) => readonly PlacedStep[],
  ): void;
  /** Adds what does not fit of what it is given, and answers what it gives; undefined when that cannot be told. */
  check(
    step: StepKinds[K]['step'],
    given: Given,
    place: Place,
    types: TypeChecker,
  ): StepKinds[K]['checked'] | undefined;
  /** Made once. `where` is how versions, times and errors name it: `read.cnn`. */
  compile(checked: StepKinds[K]['checked'], where: string, compiler: StepCompiler): RunStep;
  /** How plans and diagrams tell it. */
  describe(step: StepKinds[K]['step']): Description;
  /** What a dry run tells of it, and of each step inside. */
  dryRun?(step: StepKinds[K]['step'], evaluate: TryEvaluate): { own: DryRunTerms; inner: readonly DryRunTerms[] };
  /** For the reference page. */
  readonly reference?: KindReference;
}

/** Readers of the steps inside a step. What is read with `under` may have further keys, of which `make` makes what the place needs. */
export interface StepReaders {
  readonly step: Reader<Step>;
  under<F extends Fields, T>(noun: string, fields: F, make: (step: Step, values: ValuesOf<F>) => T): Reader<T>;
}

export interface InnerStep extends PlacedStep {
  /** What a diagram calls it in its step: `cnn (weight 2)`, `when context.channel == "web"`. */
  readonly label: string;
  /** Whether its step cannot answer without it. */
  readonly isRequired: boolean;
}

/** Where a step stands in the document, and the wires that feed it: its own, or those of a step around it. */
export interface Place {
  readonly path: Path;
  readonly wires: Path;
  /** `member cnn: ` of what stands in an ensemble; else ''. */
  readonly who: string;
  /** Inside a switch that looks at inputs: each branch may be for sizes of its own. */
  readonly looked: boolean;
}

/** What the type check of one kind asks of the rest. */
export interface TypeChecker {
  readonly problems: PipelineProblems;
  /** Checks a step inside, over what its step is given, unless it has wires of its own. */
  inner(step: Step, given: Given, place: Place): CheckedStep | undefined;
  /** Undefined when there is none, which is then a problem at `path`. */
  signature(target: Target, path: Path): Signature | undefined;
  /** The signature of the first model, transform or pipeline that takes a step's inputs; undefined when that is not known. */
  firstTaker(step: Step): Signature | undefined;
  /** Undefined when the pipeline has a mistake. */
  pipeline(target: PipelineTarget): CheckedPipeline | undefined;
}

/** What every kind of step is after the type check. */
export interface Checked<S extends { readonly kind: StepKind }> {
  readonly kind: S['kind'];
  readonly step: S;
  readonly outputs: Types;
  /** The steps directly inside, as `inner` of its kind lists them. */
  readonly inner: readonly CheckedStep[];
}

/** What compiling one kind asks of the rest. */
export interface StepCompiler {
  /** Compiles a step inside. */
  inner(checked: CheckedStep, where: string): RunStep;
  readonly targets: Targets;
  readonly latencyOf: LatencyOf;
}

export interface Description {
  /** `model "digits-cnn"`, `ensemble, soft-vote`. */
  readonly asks: string;
  /** What holds for it beside: its quorum, its classes. */
  readonly terms?: readonly string[];
  /** Below the steps inside, in a picture. */
  caption(of: (inner: Step) => string): string;
}

export interface KindReference {
  /** A stage of this kind; without one the example of the whole page has it. */
  readonly example?: string;
  readonly texts?: readonly string[];
  /** Further keys of the steps inside, with a sentence before. */
  readonly innerFields?: { readonly text: string; readonly fields: Fields };
}
