import { boolean, optional } from '@sheaf/document';
import type { Policy } from './policy.ts';

interface Spec {
  /** Whether callers decide by the sampled flag of their traceparent what is traced of their calls. Default false. */
  readonly trustCallersSampling?: boolean | undefined;
}

const fields = {
  trustCallersSampling: optional(
    boolean,
    "Whether the sampled flag of a caller's `traceparent` decides what is traced, as of a gateway that only services of yours reach. Default false.",
  ),
};

/** The gateway goes by it when it begins a trace. */
export const sampling: Policy<Spec, typeof fields> = {
  fields,
  read: ({ trustCallersSampling }) => ({ trustCallersSampling }),
  reference: [],
  examples: {},
};
