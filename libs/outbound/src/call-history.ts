import type { CallHistory, UpstreamEndpoint } from './call.ts';

export function createCallHistory(): CallHistory {
  const tried = new Set<UpstreamEndpoint>();
  const overloaded = new Set<UpstreamEndpoint>();
  let attempts = 0;
  let lost = 0;
  let waitsUntil: number | undefined;
  return {
    get attempts() {
      return attempts;
    },
    get lost() {
      return lost;
    },
    get waitsUntil() {
      return waitsUntil;
    },
    hasTried: (endpoint) => tried.has(endpoint),
    wasOverloaded: (endpoint) => overloaded.has(endpoint),
    begin(endpoint) {
      attempts++;
      tried.add(endpoint);
    },
    overload: (endpoint) => void overloaded.add(endpoint),
    lose: () => void lost++,
    isolate() {
      lost = Math.max(lost, 1);
    },
    wait(until) {
      waitsUntil ??= until;
      return waitsUntil;
    },
  };
}
