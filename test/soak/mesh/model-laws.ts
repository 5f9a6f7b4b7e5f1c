/** What services count of their models and runs, and what ModelStatistics tells of the same. */
import type { Samples } from '../../support/scrape.ts';
import { calm, pipelines, shaken, slow } from './mesh.ts';
import type { ModelCounts, SoakRecord } from './record.ts';
import { rowsWith, within } from './within.ts';

export const modelLaws = (record: SoakRecord): string[] => [
  ...rowLaws(record),
  ...[...calm.models, ...slow.models, ...shaken.models].flatMap((model) => runLaws(record.samples, model)),
  ...calm.models.flatMap((model) => calmRunLaws(record.samples, model)),
  // What a gateway has counted of pipelines goes with it.
  ...record.statistics.flatMap((counts) => statisticsLaws(record.last, counts)),
];

/** Each row that was sent and answered was inferred once, by models that only patient callers ask. */
function rowLaws({ ledger, samples }: SoakRecord): string[] {
  const rowsOf = (model: string): number =>
    rowsWith(ledger, { model, code: 'OK' }).reduce((total, { calls, rows }) => total + calls * rows, 0);
  return [
    ...within(
      'rows of triple',
      samples.sum('nv_inference_count', { model: 'triple' }),
      rowsOf('triple') + rowsOf('mean') + rowsOf('spare'),
    ),
    ...within('rows of half', samples.sum('nv_inference_count', { model: 'half' }), rowsOf('mean')),
  ];
}

/** Of each run everything is counted. */
function runLaws({ sum }: Samples, model: string): string[] {
  const runs = sum('nv_inference_exec_count', { model });
  return ['sheaf_run_duration_seconds', 'sheaf_batch_rows', 'sheaf_batch_requests'].flatMap((name) =>
    within(`${name} of ${model}`, sum(`${name}_count`, { model }), runs),
  );
}

function calmRunLaws({ sum }: Samples, model: string): string[] {
  const success = sum('nv_inference_request_success', { model });
  const failed = (reason: string): number => sum('nv_inference_request_failure', { model, reason });
  const ran = success + failed('BACKEND');
  const time = (part: string): number => sum(`nv_inference_${part}_duration_us`, { model });
  const parts = ['queue', 'compute_input', 'compute_infer', 'compute_output'].reduce(
    (total, one) => total + time(one),
    0,
  );
  return [
    ...within(`requests in runs of ${model}`, sum('sheaf_batch_requests_sum', { model }), ran),
    ...within(`waits of ${model}`, sum('sheaf_queue_duration_seconds_count', { model }), ran + failed('REJECTED')),
    ...(model === 'failing'
      ? []
      : within(
          `rows in runs of ${model}`,
          sum('sheaf_batch_rows_sum', { model }),
          sum('nv_inference_count', { model }),
        )),
    ...within(`microseconds of parts of requests of ${model}`, parts, 0, time('request')),
  ];
}

function statisticsLaws({ sum }: Samples, counts: ModelCounts): string[] {
  const { name: model, inferences, executions, success, fail, successNs } = counts;
  if (model in pipelines) {
    const good = sum('sheaf_pipeline_runs_total', { pipeline: model, code: 'OK' });
    return [
      ...within(`statistics of ${model}: success`, success, good),
      ...within(`statistics of ${model}: fail`, fail, sum('sheaf_pipeline_runs_total', { pipeline: model }) - good),
    ];
  }
  const us = sum('nv_inference_request_duration_us', { model });
  return [
    ...within(`statistics of ${model}: success`, success, sum('nv_inference_request_success', { model })),
    ...within(`statistics of ${model}: fail`, fail, sum('nv_inference_request_failure', { model })),
    ...within(`statistics of ${model}: inferences`, inferences, sum('nv_inference_count', { model })),
    ...within(`statistics of ${model}: executions`, executions, sum('nv_inference_exec_count', { model })),
    // Sums of fractions, in another order.
    ...within(`statistics of ${model}: microseconds`, successNs / 1_000, us * (1 - 1e-6) - 0.5, us * (1 + 1e-6) + 0.5),
  ];
}
