import type { Path, Problems } from '@sheaf/document';
import type { EachStep, EnsembleStep, SwitchStep } from './spec.ts';
import { allSteps, type PlacedStep } from './walk.ts';
import { reach } from './weights.ts';

/** What is wrong with a step whatever the models are. */
export function checkStep({ step, path }: PlacedStep, problems: Problems): void {
  switch (step.kind) {
    case 'target':
      return;
    case 'ensemble':
      checkEnsemble(step, path, problems);
      return;
    case 'switch':
      checkSwitch(step, path, problems);
      return;
    case 'each':
      checkEach(step, path, problems);
      return;
    case 'fallback':
      if (step.steps.length < 2)
        problems.add([...path, 'fallback'], `want two steps or more, got ${step.steps.length}`);
  }
}

const weighing = new Set(['weighted-mean', 'soft-vote', 'hard-vote']);

function checkEnsemble({ members, combine, quorum }: EnsembleStep, path: Path, problems: Problems): void {
  const fixed = members.flatMap(({ weight }) => (typeof weight === 'number' ? [weight] : []));
  const isFixed = fixed.length === members.length;
  const total = fixed.reduce((sum, weight) => sum + weight, 0);
  if (isFixed && total === 0) problems.add([...path, 'ensemble'], 'the weights of the members sum to 0');
  const weighed = members.find(({ weight }) => weight !== 1);
  if (weighed && !weighing.has(combine.kind))
    problems.add(
      [...path, 'ensemble', weighed.name, 'weight'],
      `${combine.kind} does not weigh; combine by ${[...weighing].join(', ')}, or leave the weight out`,
    );
  const asked = members.filter(({ weight }) => weight !== 0).length;
  if (typeof quorum === 'number' && quorum > asked)
    problems.add([...path, 'quorum'], `want at most the ${asked} members that are asked, got ${quorum}`);
  if (typeof quorum === 'object' && isFixed && !reach(fixed, quorum.weight))
    problems.add(
      [...path, 'quorum', 'weight'],
      `want at most the ${total} that all members weigh, got ${quorum.weight}`,
    );
  if (combine.kind === 'first' && quorum !== undefined)
    problems.add([...path, 'quorum'], 'first takes one answer; it has no quorum');
  if (combine.kind === 'stack' && members.some(({ optional }) => optional))
    problems.add([...path, 'combine'], 'stack reads all members; none may be optional, and it has no quorum');
  for (const { name, outputs, labels, optional, softTimeoutMs } of members) {
    const place = [...path, 'ensemble', name];
    if (softTimeoutMs !== undefined && !optional)
      problems.add([...place, 'softTimeout'], 'the member is not optional, so it is waited for however long it takes');
    const other = [...outputs.keys()].find((output) => output !== combine.output);
    if (other !== undefined)
      problems.add([...place, 'outputs', other], `want the combined output "${combine.output}", got "${other}"`);
    if (labels) checkLabels(labels, combine.labels, [...place, 'labels'], problems);
  }
}

function checkLabels(
  own: readonly string[],
  common: readonly string[] | undefined,
  path: Path,
  problems: Problems,
): void {
  if (!common) problems.add(path, 'the member has labels; combine must have `labels` too, so that they can be aligned');
  else if ([...own].sort().join('\n') !== [...common].sort().join('\n'))
    problems.add(path, `want the classes ${common.join(', ')} in any order, got ${own.join(', ')}`);
}

function checkSwitch({ branches }: SwitchStep, path: Path, problems: Problems): void {
  if (branches.length === 0) problems.add([...path, 'switch'], 'want one branch or more, got none');
  for (const [index, { when }] of branches.entries()) {
    if (!when && index < branches.length - 1)
      problems.add([...path, 'switch', index], 'want `when`; only the last branch may be without, as else');
  }
}

function checkEach({ step, over }: EachStep, path: Path, problems: Problems): void {
  if (over.length === 0) problems.add([...path, 'over'], 'want an input or more, got none');
  const own: PlacedStep | undefined = allSteps(step, [...path, 'each']).find((inner) => inner.step.inputs);
  if (own) problems.add([...own.path, 'inputs'], 'a step inside each takes the inputs of each');
}
