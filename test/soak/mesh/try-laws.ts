/** What the gateway asked of services, and what was answered: of its tries, its pipelines, and what processes tell of themselves. */
import type { Samples } from '../../support/scrape.ts';
import { calm, pipelines, shaken, slow } from './mesh.ts';
import type { SoakRecord } from './record.ts';
import { callsOf, rowsWith, within } from './within.ts';

const triesName = 'rpc_client_call_duration_seconds_count';
/** Tries that the gateway gave up: the service may have answered them, or never have heard of them. */
const givenUp = ['CANCELLED', 'DEADLINE_EXCEEDED'];

const triesOf = ({ sum }: Samples, upstream: string, codes?: readonly string[]): number =>
  codes
    ? codes.reduce((total, code) => total + sum(triesName, { upstream, rpc_response_status_code: code }), 0)
    : sum(triesName, { upstream });

export const tryLaws = (record: SoakRecord): string[] => [
  ...pipelineLaws(record),
  ...calmLaws(record),
  ...slowLaws(record),
  ...shakenLaws(record),
];

function pipelineLaws({ ledger, samples }: SoakRecord): string[] {
  const { sum } = samples;
  return Object.entries(pipelines).flatMap(([pipeline, { stages }]) => {
    const own = rowsWith(ledger, { model: pipeline });
    const answered = callsOf(rowsWith(own, { code: 'OK' }));
    const runs = sum('sheaf_pipeline_runs_total', { pipeline });
    const [first = '', ...others] = stages;
    const good = (stage: string): number => sum('sheaf_stage_runs_total', { pipeline, stage, code: 'OK' });
    return [
      // Nobody leaves them, and nobody is late.
      ...within(`good runs of ${pipeline}`, sum('sheaf_pipeline_runs_total', { pipeline, code: 'OK' }), answered),
      ...within(`runs of ${pipeline}`, runs, answered, callsOf(own)),
      ...within(`times of runs of ${pipeline}`, sum('sheaf_pipeline_duration_seconds_count', { pipeline }), runs),
      ...within(`runs of its first stage ${first}`, sum('sheaf_stage_runs_total', { pipeline, stage: first }), runs),
      ...others.flatMap((stage, index) =>
        within(
          `runs of stage ${stage} of ${pipeline}`,
          sum('sheaf_stage_runs_total', { pipeline, stage }),
          good(stages[index] ?? ''),
        ),
      ),
      ...within(`good runs of its last stage`, good(stages.at(-1) ?? ''), answered),
      ...within(
        `times of stages of ${pipeline}`,
        sum('sheaf_stage_duration_seconds_count', { pipeline }),
        sum('sheaf_stage_runs_total', { pipeline }),
      ),
    ];
  });
}

/** Each request that came to it was a try, and each try came to it. */
function calmLaws({ ledger, samples }: SoakRecord): string[] {
  const { sum } = samples;
  const upstream = calm.service;
  const answered = (model: string): number => callsOf(rowsWith(ledger, { model, code: 'OK' }));
  const wanted: Readonly<Record<string, number>> = {
    triple: answered('triple') + answered('mean') + answered('spare'),
    half: answered('mean'),
    failing: 0,
  };
  const success = sum('nv_inference_request_success', { service: upstream });
  const failure = sum('nv_inference_request_failure', { service: upstream });
  return [
    ...calm.models.flatMap((model) =>
      within(`answered by ${model}`, sum('nv_inference_request_success', { model }), wanted[model] ?? 0),
    ),
    ...within(`tries of ${upstream} that were answered`, triesOf(samples, upstream, ['OK']), success),
    ...within(`tries of ${upstream}`, triesOf(samples, upstream), success + failure),
    ...within('fallbacks of spare', sum('sheaf_stage_fallbacks_total', { pipeline: 'spare' }), answered('spare')),
    ...within(
      'degraded answers of spare',
      sum('sheaf_degraded_answers_total', { pipeline: 'spare' }),
      answered('spare'),
    ),
  ];
}

function slowLaws({ ledger, samples }: SoakRecord): string[] {
  const { sum } = samples;
  const upstream = slow.service;
  const success = sum('nv_inference_request_success', { service: upstream });
  const all = success + sum('nv_inference_request_failure', { service: upstream });
  const [tries, answered] = [triesOf(samples, upstream), triesOf(samples, upstream, ['OK'])];
  const lost = triesOf(samples, upstream, givenUp);
  const told = slow.models.reduce((total, model) => total + callsOf(rowsWith(ledger, { model, code: 'OK' })), 0);
  return [
    ...within(`requests of ${upstream}`, all, tries - lost, tries),
    ...within(`answered by ${upstream}`, success, answered, answered + lost),
    ...within(`tries of ${upstream} that were answered`, answered, told, sum('sheaf_requests_total')),
  ];
}

/** Of processes that were killed what they counted after they were asked last is lost; what the gateway counted is not. */
function shakenLaws({ ledger, samples, lives }: SoakRecord): string[] {
  const { sum } = samples;
  const upstream = shaken.service;
  const own = lives.filter(({ service }) => service === upstream);
  const known = own.reduce((total, { answered, notAnswered }) => total + answered + notAnswered, 0);
  const direct = callsOf(rowsWith(ledger, { model: 'double', code: 'OK' }));
  const staged = sum('sheaf_stage_runs_total', { pipeline: 'chain', stage: 'first', code: 'OK' });
  return [
    ...within(`tries of ${upstream} that were answered`, triesOf(samples, upstream, ['OK']), direct + staged),
    ...within(`requests that processes of ${upstream} have told of`, known, 0, triesOf(samples, upstream)),
    ...lives
      .filter(({ isMonotone }) => !isMonotone)
      .map(({ service, replica }) => `${service} ${replica}: want counters that only grow, got less than before`),
  ];
}
