import { type Check, type Finding, finding, some } from '../finding.ts';
import type { Build } from '../look.ts';

/** Node and ONNX Runtime lie in one installation; processes that were started before it was replaced still run the old one. */
export const versions: Check = ({ processes, gateway }) => {
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
    ...different('Node', gateway?.builds ?? [], ({ node }) => node),
    ...different('ONNX Runtime', gateway?.builds ?? [], ({ onnxruntime }) => onnxruntime),
  ];
};

/** A version that a process does not tell is none. */
function different(what: string, builds: readonly Build[], versionOf: (build: Build) => string): Finding[] {
  const known = builds.filter((build) => versionOf(build) !== '');
  const groups = [...Map.groupBy(known, versionOf)].sort(([one], [other]) => one.localeCompare(other));
  if (groups.length < 2) return [];
  const told = groups.map(([version, own]) => `${version} (${some(own.map(({ process }) => process))})`);
  const seen = `the processes run on different versions of ${what}: ${told.join(', ')}`;
  return [finding('warning', seen, 'sheaf restart --rolling; of processes elsewhere, install there what runs here')];
}
