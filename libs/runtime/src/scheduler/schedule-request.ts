/** A request as the scheduler takes it: what its parameters say of how it is treated, and what it may share a run with. */
import { type CallContext, explainParameter, type InferRequest } from '@sheaf/inference';
import type { ScheduledCall } from './scheduled-call.ts';

/** These say how a call is treated; all others are the model's, and calls that differ in them never share a run. */
const schedulingParameters = new Set<string>([
  explainParameter,
  'priority',
  'timeout',
  'triton_enable_empty_final_response',
]);

export function scheduledCall(
  { inputs, parameters }: InferRequest,
  outputs: readonly string[],
  { priority, isolated = false }: CallContext,
): ScheduledCall {
  const timeoutUs = parameters.get('timeout');
  const kinds = [...inputs]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, datatype, shape }) => `${name} ${datatype} ${shape.slice(1)}`);
  const others = [...parameters]
    .filter(([name]) => !schedulingParameters.has(name))
    .map(([name, value]) => `${name} ${typeof value} ${value}`);
  return {
    inputs,
    outputs,
    parameters,
    isolated,
    priority: priority ?? 'standard',
    // Where the gateway has said how much a call matters, it has read the parameter for that.
    level: priority ? 0 : Number(parameters.get('priority') ?? 0),
    queueTimeoutMs: timeoutUs === undefined || timeoutUs === 0n ? undefined : Number(timeoutUs) / 1000,
    key: JSON.stringify([kinds, outputs, others.sort()]),
  };
}
