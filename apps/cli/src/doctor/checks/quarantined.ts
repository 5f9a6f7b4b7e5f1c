import { type Check, finding } from '../finding.ts';

export const quarantined: Check = ({ gateway }) => {
  const { requests = [], offenders = [] } = gateway?.quarantine ?? {};
  if (requests.length + offenders.length === 0) return [];
  const models = [...new Set(requests.map(({ model }) => model))];
  const callers = offenders.map(({ caller }) => caller);
  const of = [...models.map((name) => `model ${name}`), ...callers.map((name) => `caller ${name}`)].join(', ');
  return [
    finding(
      'warning',
      `requests ended processes, and are in quarantine (${of})`,
      'sheaf admin quarantine; --clear <digest> once the model is mended',
    ),
  ];
};
