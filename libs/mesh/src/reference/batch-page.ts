/** The reference page of batches/*.yaml, made from the definitions that they are read by. */
import { fenced, fieldsTable, kindsTable, section } from '@sheaf/document';
import {
  batchFields,
  errorFields,
  inputFields,
  scheduleFields,
  tensorKinds,
  validateFields,
} from '../language/batch-document.ts';

/** A whole file: read by the test of this page. */
export const batchExample = `
# yaml-language-server: $schema=../schemas/batch.schema.json
pipeline: classify-iris
input: { path: data/flowers.csv }
key: flower
tensors:
  measures: [sepal_length, sepal_width, petal_length, petal_width]
outputs: [species]
errors: { share: 0.01 }
schedule: { cron: 0 3 * * *, timezone: Europe/Berlin }
`;

/** The text of docs/reference/batch.md. */
export const batchPage = (): string =>
  `${[
    '# batches/*.yaml',
    'A batch has each row of a table, or each image of a folder, answered by a pipeline, and keeps the answers to be looked up. `sheaf batch plan` writes such a file from what it finds in a table; `sheaf batch run <name>` runs it. `sheaf check` finds the mistakes in it; none of them keeps the folder from being served. This page is generated (`npm run reference`).',
    fenced(batchExample),
    'A `?` after a key says that it may be left out.',
    fieldsTable(batchFields),
    section(
      'input',
      fieldsTable(inputFields),
      'A folder is read as one table: its files in the order of their names, also those in folders in it, without those that begin with `.` or `_`. A table of text is UTF-8 and has a header.',
    ),
    section(
      'tensors',
      'A column or a list of columns says enough; a mapping of one of these kinds says more:',
      kindsTable(tensorKinds),
      'What stands in a cell has to be exactly what the input wants: an integer in its range, a number with a decimal point, true or false. Anything else is an error of that row. Dates, times and decimals of Parquet are text.',
    ),
    section('errors', fieldsTable(errorFields)),
    section('validate', fieldsTable(validateFields)),
    section(
      'schedule',
      fieldsTable(scheduleFields),
      'A worker of the mesh begins the batch within 2 s of the time, once however many workers there are. Of the times that came while nothing ran, the last one is made up for: not those of more than 7 days ago, nor those before the file was written. A batch that cannot begin, since its input is away or does not fit, is told in the log (`jobs.batch-not-begun`) and tried again at the next time. One that still runs keeps none from beginning.',
      'With `onPromotion` a batch begins once for each version that callers get, the first one too, unless the collection has a generation by that version. Going back to a former version begins none.',
    ),
  ].join('\n\n')}\n`;
