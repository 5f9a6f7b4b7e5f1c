/** Runs the golden set of a version: inputs and what has to come out, written by whoever made it. */
import { InferError, type Tensor } from '@sheaf/inference';
import type { GoldenTest, MeshProblem } from '@sheaf/mesh';
import { goldenFile } from '@sheaf/mesh/alone';
import { compare, compareRefusal } from '../golden/compare-answer.ts';
import { inputTensor } from '../golden/given-tensors.ts';
import type { Opened } from '../process/open-candidate.ts';
import { type Read, tellProblems } from '../process/read-candidate.ts';
import type { Tell } from '../process/tell.ts';

const timeoutDefaultMs = 10_000;
/** Of the tests that fail, and of what is wrong with each. */
const testsTold = 20;
const failuresTold = 3;

/** Answers the inputs of those that it answered: they are the most valid that there are. */
export async function runGolden(
  { version: { content } }: Read,
  opened: Opened,
  tell: Tell,
): Promise<readonly (readonly Tensor[])[]> {
  if (!content.files.some(({ path }) => path === goldenFile)) return [];
  // What reads one knows pipelines and policies too, which most trials have no use for.
  const { readGolden } = await import('@sheaf/mesh');
  const problems: MeshProblem[] = [];
  const tests = await readGolden(content, opened.signature, problems);
  tellProblems(problems, tell);
  if (tests.length === 0) return [];
  const answered: Tensor[][] = [];
  let failed = 0;
  for (const test of tests) {
    const { inputs, failures } = await run(test, opened, content.folder);
    if (inputs) answered.push(inputs);
    if (failures.length === 0) continue;
    if (++failed <= testsTold)
      tell.found('golden', `${goldenFile}: ${test.name}: ${failures.slice(0, failuresTold).join('; ')}`);
  }
  tell.facts({ golden: { tests: tests.length, failed } });
  return answered;
}

async function run(
  { inputs: given, timeout = timeoutDefaultMs, expect }: GoldenTest,
  { signature, ask }: Opened,
  folder: string,
): Promise<{ readonly inputs?: Tensor[]; readonly failures: readonly string[] }> {
  const expected = { parameters: undefined, rules: undefined, degraded: undefined, absent: undefined, ...expect };
  try {
    const inputs: Tensor[] = [];
    for (const [name, value] of given) {
      const spec = signature.inputs.find((input) => input.name === name);
      if (spec) inputs.push(await inputTensor(value, spec, folder));
    }
    const { outputs } = await ask(inputs, timeout);
    const response = { model: '', version: '', parameters: new Map(), outputs };
    return { inputs, failures: await compare(expected, response) };
  } catch (error) {
    if (!(error instanceof InferError)) throw error;
    return { failures: compareRefusal(expected, error) };
  }
}
