/** `shadows` of mesh.yaml: versions that get copies of calls, so that their answers can be compared. */
import { integer, mapOf, mapped, mayBeEmpty, record, required, text } from '@sheaf/document';
import { copyFields, type ShadowTraffic } from '@sheaf/rollout';

const name = text('the name of a model or pipeline', /^[A-Za-z0-9._][A-Za-z0-9._-]{0,127}$/);

/** As long as versions may be in the folder, and none is written with an exponent. */
const versionMax = 999_999_999_999_999;

export const shadowFields = {
  version: required(integer(1, versionMax), 'The version that gets copies; callers have the answers of another one.'),
  ...copyFields,
};

const shadow = mapped(
  record(shadowFields),
  ({ version, percent, callsInFlight, agree, tolerance }): ShadowTraffic => ({
    version: String(version),
    percent,
    callsInFlightMax: callsInFlight,
    by: agree,
    tolerance,
    // They would stand in no place that only those reach who may see what callers send.
    keepExamples: false,
  }),
);

export const shadows = mayBeEmpty(mapOf(shadow, { min: 0, max: 1_024, noun: 'model or pipeline', key: name }));
