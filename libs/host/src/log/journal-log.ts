/** The journal of a call as events of the log, for rooms whose debug events somebody asks for. */
import { type EventName, isDebugging, isLogged, type Journal, log, type SpanKind } from '@sheaf/inference';
import { onOneLine } from './text-line.ts';

const eventOf: Readonly<
  Record<SpanKind, Extract<EventName, `${string}.${'ended' | 'decided' | 'passed' | 'left'}`> | undefined>
> = {
  request: 'call.ended',
  rules: 'rules.decided',
  pipeline: 'pipeline.ended',
  stage: 'stage.ended',
  member: 'stage.ended',
  try: 'try.ended',
  wait: 'wait.ended',
  breaker: 'breaker.passed',
  // It has an event of its own.
  audit: undefined,
  // Nor is that a call; its end is told where it is for good.
  job: undefined,
  queue: 'queue.left',
  run: 'run.ended',
};

/** Tells of each stretch of the call. While nobody asks for any of that it costs one comparison. */
export function logJournal(journal: Journal): void {
  if (!isDebugging()) return;
  for (const { kind, name, traceId, spanId, code, message, startMs, endMs, attributes } of journal.spans) {
    const event = eventOf[kind];
    if (event === undefined || !isLogged(event)) continue;
    const ms = Math.round((endMs - startMs) * 1_000) / 1_000;
    const why = message === undefined ? '' : `: ${onOneLine(message)}`;
    const line = `${kind} ${name} ended with ${code} after ${ms} ms${why} (trace ${traceId})`;
    log(event, line, { trace: traceId, span: spanId, name, code, ms, attributes });
  }
}
