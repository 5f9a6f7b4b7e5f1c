import type { CallContext } from './context.ts';
import { asInferError } from './error.ts';
import type { Span, SpanKind } from './span.ts';

/** Runs `work` under a span of its own, which ends with the code that `work` ended with. */
export async function traced<T>(
  context: CallContext,
  kind: SpanKind,
  name: string,
  work: (context: CallContext) => Promise<T>,
  attributes: Span['attributes'] = {},
): Promise<T> {
  const { journal } = context;
  const span = journal.start(kind, name, context.span, attributes);
  try {
    const result = await work({ ...context, span });
    journal.end(span);
    return result;
  } catch (error) {
    const { code, message } = asInferError(error);
    journal.end(span, code, message);
    throw error;
  }
}
