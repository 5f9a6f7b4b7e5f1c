import { type Check, finding } from '../finding.ts';

export const accessLog: Check = ({ accessLogProblem }) =>
  accessLogProblem === undefined
    ? []
    : [
        finding(
          'error',
          `the access log cannot be written: ${accessLogProblem}`,
          'accessLog: { file: ... } in policies.yaml; its folder has to be there, and to be for the user of the mesh',
        ),
      ];
