import { type Check, finding } from '../finding.ts';

/** Why is found out when a model is loaded, and told by the process that did. */
export const unbatched: Check = ({ mesh, processes }) => {
  const byWord = (mesh?.models ?? [])
    .filter(({ batching }) => !batching)
    .map(({ name }) =>
      finding(
        'note',
        `model ${name} is not batched, since its model.yaml says so`,
        `batching in models/${name}/model.yaml`,
      ),
    );
  const lines = processes.flatMap(({ notices }) => notices).filter((line) => line.includes(': not batched: '));
  const todo = 'export it with a dynamic first dimension and independent rows; sheaf check says what was tried';
  return [...byWord, ...[...new Set(lines)].map((line) => finding('note', line, todo))];
};
