import { type Check, finding } from '../finding.ts';

/** Node and ONNX Runtime lie in one installation; processes that were started before it was replaced still run the old one. */
export const versions: Check = ({ processes }) => {
  const known = processes.filter(({ executable }) => executable !== undefined);
  const old = known.filter(({ executable }) => executable?.endsWith(' (deleted)')).map(({ name }) => name);
  const files = [...new Set(known.map(({ executable = '' }) => executable.replace(/ \(deleted\)$/, '')))];
  return [
    ...(old.length > 0
      ? [
          finding(
            'warning',
            `Node was replaced since these were started: ${old.join(', ')}`,
            'end sheaf up and start it again',
          ),
        ]
      : []),
    ...(files.length > 1
      ? [
          finding(
            'warning',
            `the processes run on different files of Node: ${files.join(', ')}`,
            'end sheaf up and start it again with one of them',
          ),
        ]
      : []),
  ];
};
