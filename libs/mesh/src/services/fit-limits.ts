/** The limits of a mesh: what mesh.yaml says, and where it says nothing, what the models need, at least the defaults. */
import {
  byteLength,
  bytesInFlightDefault,
  bytesInFlightMin,
  defaultLimits,
  elementCount,
  type Limits,
  type Signature,
  type TensorSpec,
} from '@sheaf/inference';
import { runLimitDefaultMs } from '../language/model-document.ts';
import type { Mesh } from '../mesh.ts';
import { type MeshProblem, problemIn } from '../problem.ts';

/** What mesh.yaml says of limits. */
export interface LimitsSetting {
  readonly given: Partial<Limits>;
  /** A problem at a key of it. */
  readonly place: (key: string, message: string) => MeshProblem;
}

/** What is asked by its name, and what a call of it looks like. */
interface Asked {
  /** Such as `model digits`. */
  readonly subject: string;
  readonly signature: Signature;
}

/** What something needs of a limit, and why. */
interface Need {
  readonly count: number;
  readonly why: string;
}

/** Limits that follow the models, and what a signature needs of each. */
const counted = {
  inputsMax: ({ inputs }) => ({ count: inputs.length, why: `has ${inputs.length} inputs` }),
  outputsMax: ({ outputs }) => ({ count: outputs.length, why: `has ${outputs.length} outputs` }),
  nameCharsMax: (signature) => {
    const longest = mostOf(signature, ({ name }) => name.length);
    return { count: longest, why: `has a tensor with a name of ${longest} characters` };
  },
  rankMax: (signature) => {
    const most = mostOf(signature, ({ shape }) => shape.length);
    return { count: most, why: `has a tensor of ${most} dimensions` };
  },
  elementsMax: (signature) => {
    const most = mostOf(signature, ({ shape }) => elementCount(smallest(shape)));
    return { count: most, why: `has a tensor of ${most} elements` };
  },
} as const satisfies Partial<Record<keyof Limits, (signature: Signature) => Need>>;

const mostOf = ({ inputs, outputs }: Signature, of: (spec: TensorSpec) => number): number =>
  Math.max(0, ...inputs.map(of), ...outputs.map(of));

/** Open dimensions as 1. */
const smallest = (shape: readonly number[]): readonly number[] => shape.map((dim) => (dim === -1 ? 1 : dim));

/** The limits of a mesh that runs, when its folder has changed: those that follow the models do so at once, the others want a new start. */
export function followLimits(start: Limits, next: Limits): Limits {
  const { inputsMax, outputsMax, nameCharsMax, rankMax, elementsMax, deadlineMaxMs } = next;
  return { ...start, inputsMax, outputsMax, nameCharsMax, rankMax, elementsMax, deadlineMaxMs };
}

/** Adds to `problems` what is set too low; `notes` are no mistakes, but may not be meant. */
export function fitLimits(
  { given, place }: LimitsSetting,
  mesh: Pick<Mesh, 'models' | 'transforms' | 'pipelines'>,
  problems: MeshProblem[],
  notes: MeshProblem[],
): Limits {
  const asked = askedOf(mesh);
  const limits: { -readonly [Key in keyof Limits]: Limits[Key] } = { ...defaultLimits, ...given };
  limits.innerMessageBytesMax = given.innerMessageBytesMax ?? limits.messageBytesMax;
  if (limits.innerMessageBytesMax < limits.messageBytesMax)
    problems.push(place('innerMessageBytesMax', `want at least messageBytesMax, which is ${limits.messageBytesMax}`));
  const inFlightMin = bytesInFlightMin(limits.innerMessageBytesMax);
  limits.bytesInFlightMax = given.bytesInFlightMax ?? bytesInFlightDefault(limits.innerMessageBytesMax);
  if (limits.bytesInFlightMax < inFlightMin) {
    const why = `a message of ${limits.innerMessageBytesMax} bytes takes as much, with its copies and what is kept for others`;
    problems.push(place('bytesInFlightMax', `want at least ${inFlightMin}: ${why}`));
  }
  limits.elementsMax = given.elementsMax ?? Math.max(limits.elementsMax, limits.innerMessageBytesMax);
  for (const key of Object.keys(counted) as (keyof typeof counted)[]) {
    for (const { subject, signature } of asked) {
      const { count, why } = counted[key](signature);
      if (count <= limits[key]) continue;
      if (given[key] === undefined) limits[key] = count;
      else
        problems.push(
          place(key, `${subject} ${why}; want ${count} or more, or no such line: then it follows the models`),
        );
    }
  }
  for (const { subject, signature } of asked) {
    const bytes = requestBytes(signature);
    if (bytes > limits.messageBytesMax)
      notes.push(
        place(
          'messageBytesMax',
          `the inputs of ${subject} take at least ${bytes} bytes, and callers may send ${limits.messageBytesMax}: none can ask for it`,
        ),
      );
  }
  return { ...limits, deadlineMaxMs: fitDeadline({ given, place }, mesh, problems, notes) };
}

/** The longest deadline: as long as any run may take, unless it is set. */
function fitDeadline(
  { given, place }: LimitsSetting,
  { models }: Pick<Mesh, 'models'>,
  problems: MeshProblem[],
  notes: MeshProblem[],
): number {
  const { deadlineDefaultMs = defaultLimits.deadlineDefaultMs, deadlineMaxMs } = given;
  const longest = Math.max(deadlineDefaultMs, ...models.map(({ runLimitMs }) => runLimitMs));
  if (deadlineMaxMs === undefined) return Math.max(defaultLimits.deadlineMaxMs, longest);
  if (given.deadlineDefaultMs !== undefined && deadlineDefaultMs > deadlineMaxMs)
    problems.push(place('deadlineDefaultMs', `want at most deadlineMaxMs, which is ${deadlineMaxMs}`));
  for (const { name, runLimitMs } of models) {
    // Nobody has asked for what it is by default.
    if (runLimitMs <= Math.max(deadlineMaxMs, runLimitDefaultMs)) continue;
    const message = `runLimitMs: a run may take ${runLimitMs} ms, and limits.deadlineMaxMs in mesh.yaml gives a caller ${deadlineMaxMs} ms at most`;
    notes.push(problemIn(`models/${name}/model.yaml`, message));
  }
  return deadlineMaxMs;
}

function askedOf({ models, transforms, pipelines }: Pick<Mesh, 'models' | 'transforms' | 'pipelines'>): Asked[] {
  return [
    ...models.flatMap(({ name, versions }) =>
      versions.map(({ version, signature }) => ({ subject: `model ${name}/${version}`, signature })),
    ),
    ...transforms.map(({ name, signature }) => ({ subject: `transform ${name}`, signature })),
    ...pipelines.flatMap(({ spec, signature }) =>
      signature ? [{ subject: `pipeline ${spec.pipeline}`, signature }] : [],
    ),
  ];
}

/** What the smallest request takes; texts may be empty. */
const requestBytes = ({ inputs }: Signature): number =>
  inputs.reduce((total, { datatype, shape }) => total + (byteLength(datatype, smallest(shape)) ?? 0), 0);
