import { boolean, fenced, list, optional, section, text } from '@sheaf/document';
import type { Policy } from './policy.ts';

interface Spec {
  /** Whether callers decide by the sampled flag of their traceparent what is traced of their calls. Default false. */
  readonly trustCallersSampling?: boolean | undefined;
  /** Keys of the callers' W3C baggage that are handed on. Default none. */
  readonly trustCallersBaggage?: readonly string[] | undefined;
}

/** A token of HTTP. */
const baggageKey = text('a key of baggage, such as tier', /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/);

const fields = {
  trustCallersSampling: optional(
    boolean,
    "Whether the sampled flag of a caller's `traceparent` decides what is traced, as of a gateway that only services of yours reach. Default false.",
  ),
  trustCallersBaggage: optional(
    list(baggageKey, 'a list of keys of baggage', 64),
    "The keys of a caller's W3C `baggage` that are handed on. Default none.",
  ),
};

const example = `trustCallersSampling: true
trustCallersBaggage: [tier, session-id]
`;

/** The gateway goes by it when it begins a trace. */
export const traces: Policy<Spec, typeof fields> = {
  fields,
  read: ({ trustCallersSampling, trustCallersBaggage }) => ({ trustCallersSampling, trustCallersBaggage }),
  reference: [
    section(
      'What callers say of a trace',
      fenced(example),
      "`trustCallersSampling`: by default the sampled flag of a caller's `traceparent` is no more than a request. Its ids are kept, so that the trace is found, but the sampler of the gateway (`OTEL_TRACES_SAMPLER`) decides as of a trace that begins here, and not by an id that a caller may choose.",
      'A `tracestate` is handed on as it came, to services, to what transforms ask and to servers that are not ours: up to 32 members and 512 characters. Where it is longer, members of more than 128 characters are left out first, then those at its end.',
      '`trustCallersBaggage`: of `baggage` the members with these keys are handed on in the same way, 64 of them and 8,192 bytes at most. Nothing in the mesh decides by them. A service with `baggage` in its `forward` (mesh.yaml) is sent all of it as the caller wrote it. Without policies.yaml it is somebody of this machine who calls, and all is handed on.',
      'What is malformed is as good as not there: a `traceparent` begins a trace anew, a `tracestate` is left out as a whole, a member of `baggage` by itself.',
    ),
  ],
  examples: { traces: example },
};
