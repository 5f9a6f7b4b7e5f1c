import { dryRunParameter, explanationParameter, parseExplanation } from '@sheaf/inference';
import { type DryRun, type DryRunStage, type DryRunStep, dryRunAnswerParameter } from '@sheaf/pipeline';
import { table, tree } from '@sheaf/terminal';
import { askMesh, requestHelp, requestOptions } from '../asking/request.ts';
import { type Command, UsageError } from '../command.ts';
import { explanationTree } from '../print.ts';

export const explain: Command = {
  usage: 'explain <pipeline or model> <input> ...',
  summary: 'the path that a call takes through a running mesh, with times; or, with --plan, would take',
  options: { ...requestOptions, plan: { type: 'boolean' }, json: { type: 'boolean' } },
  help: `${requestHelp}
  --plan               run nothing: the rules, stages, limits and usual times of this very request
  --json               as JSON`,
  async run([name, ...sources], values) {
    if (!name) throw new UsageError(`usage: sheaf ${explain.usage}`);
    const parameters = values['plan'] === true ? { [dryRunParameter]: true } : {};
    const { response, elapsedMs } = await askMesh(name, sources, values, {
      explain: values['plan'] !== true,
      parameters,
    });
    const { model, version, parameters: told } = response;
    if (values['plan'] === true) {
      const text = told.get(dryRunAnswerParameter);
      if (typeof text !== 'string') throw new UsageError(`"${name}" at this address tells no plan`);
      console.log(values['json'] === true ? text : planned(JSON.parse(text) as DryRun));
      return;
    }
    const explanation = parseExplanation(told.get(explanationParameter));
    if (!explanation) throw new UsageError(`"${name}" at this address does not explain itself`);
    if (values['json'] === true) return console.log(JSON.stringify(explanation));
    const others = [...told].filter(([key]) => key !== explanationParameter);
    console.log(`${model}/${version}  ${elapsedMs.toFixed(1)} ms\n\n${explanationTree(explanation)}`);
    if (others.length > 0) console.log(`\n${table(others.map(([key, value]) => [key, String(value)]))}`);
  },
};

const ms = (value: number): string => `${value.toFixed(1)} ms`;

function planned({ pipeline, version, deadlineMs, rules, rerouted, stages, estimatedMs }: DryRun): string {
  const usual = estimatedMs === undefined ? 'how long that takes is not known yet' : `usually ${ms(estimatedMs)}`;
  const told = rules.map(({ rule, action, outcome, why }) => `\nrule ${rule}: ${action} (${why ?? outcome})`).join('');
  const handed = rerouted === undefined ? '' : `\nhanded over: ${rerouted}`;
  return `${pipeline}/${version}  within ${ms(deadlineMs)}, ${usual}${told}${handed}\n\n${tree<Node>(
    { line: [pipeline, '', ''], below: stages },
    ({ line }) => line,
    ({ below }) => below.map(nodeOf),
  )}`;
}

interface Node {
  readonly line: readonly string[];
  readonly below: readonly DryRunStep[];
}

function nodeOf(step: DryRunStep): Node {
  const { name, asks, timeoutMs, quorum, softTimeoutMs, optional, weight, taken, steps = [] } = step;
  const { after = [], usualMs } = step as Partial<DryRunStage>;
  const notes = [
    timeoutMs === undefined ? '' : `at most ${ms(timeoutMs)}`,
    quorum === undefined ? '' : `quorum ${typeof quorum === 'number' ? quorum : `of weight ${quorum.weight}`}`,
    optional ? 'optional' : '',
    softTimeoutMs === undefined ? '' : `waited for ${ms(softTimeoutMs)}`,
    weight === undefined ? '' : `weight ${weight}`,
    taken === undefined ? '' : taken ? 'taken' : 'not taken',
    after.length === 0 ? '' : `after ${after.join(', ')}`,
  ];
  const usual = usualMs === undefined ? '' : ms(usualMs);
  return { line: [`${name}: ${asks}`, usual, notes.filter(Boolean).join(', ')], below: steps };
}
