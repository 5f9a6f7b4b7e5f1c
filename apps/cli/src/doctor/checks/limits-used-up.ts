import { type Check, finding } from '../finding.ts';

export const limitsUsedUp: Check = ({ gateway }) =>
  (gateway?.limits ?? []).flatMap(({ name, buckets }) => {
    const empty = buckets.filter(({ remaining }) => remaining < 1);
    if (empty.length === 0) return [];
    const [first] = empty.map(({ whose }) =>
      Object.entries(whose)
        .map(([kind, value]) => `${kind} ${value}`)
        .join(', '),
    );
    const of = `${empty.length} of ${buckets.length} callers${first ? `, such as ${first}` : ''}`;
    return [
      finding(
        'warning',
        `the limit ${name} refuses ${of}`,
        'sheaf admin limits; raise it in policies.yaml, or have them ask less',
      ),
    ];
  });
