/** An answer, as `sheaf infer` and the results of jobs are told. */
import { explanationParameter, parseExplanation } from '@sheaf/inference';
import { toJson } from '@sheaf/tensor-io';
import { table } from '@sheaf/terminal';
import type { Answered } from '@sheaf/transport';
import type { OptionValues } from '../command.ts';
import { explanationTree, outputsTable } from '../print.ts';

/** As JSON with `--json`; else its outputs in a table, with what else it tells. Without a time where nobody has waited for it. */
export function printAnswer(
  { response, elapsedMs }: Omit<Answered, 'elapsedMs'> & Partial<Answered>,
  { json, explain }: OptionValues,
): void {
  const { model, version, outputs, parameters } = response;
  const explanation = explain ? parseExplanation(parameters.get(explanationParameter)) : undefined;
  if (json) {
    const others = [...parameters].filter(([key]) => key !== explanationParameter);
    const body = {
      model_name: model,
      model_version: version,
      parameters: Object.fromEntries(
        others.map(([key, value]) => [key, typeof value === 'bigint' ? Number(value) : value]),
      ),
      outputs: outputs.map(toJson),
      ...(explanation ? { explanation } : {}),
    };
    console.log(JSON.stringify(body));
    return;
  }
  console.log(`${model}/${version}${elapsedMs === undefined ? '' : `  ${elapsedMs.toFixed(1)} ms`}\n`);
  console.log(outputsTable(outputs));
  const told = [...parameters].filter(([key]) => key !== explanationParameter && key !== 'sheaf_versions');
  if (told.length > 0) console.log(`\n${table(told.map(([key, value]) => [key, String(value)]))}`);
  if (explanation) console.log(`\n${explanationTree(explanation)}`);
}
