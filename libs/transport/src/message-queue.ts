/** Messages of a stream, between whoever brings them and whoever takes them one after the other. */
export interface MessageQueue<Message> extends AsyncIterable<Message> {
  push(message: Message): void;
  /** No more follow; those that wait are still taken. */
  end(): void;
  /** Those that wait are still taken; then whoever takes them is told why there are no more. */
  fail(error: unknown): void;
}

export interface QueueOptions {
  /** Called when more messages wait than `waitingMax`, and whoever brings them should stop. Default: nothing happens. */
  readonly onFull?: () => void;
  /** Called when none waits any more. */
  readonly onEmpty?: () => void;
  /** Default 8. */
  readonly waitingMax?: number;
}

/** Has one taker, who takes once. */
export function createMessageQueue<Message>({
  onFull = () => {},
  onEmpty = () => {},
  waitingMax = 8,
}: QueueOptions = {}): MessageQueue<Message> {
  const waiting: Message[] = [];
  let over: { readonly error?: unknown } | undefined;
  let wake = (): void => {};
  const finish = (how: { readonly error?: unknown }): void => {
    over ??= how;
    wake();
  };
  return {
    push: (message) => {
      if (over) return;
      waiting.push(message);
      if (waiting.length > waitingMax) onFull();
      wake();
    },
    end: () => finish({}),
    fail: (error) => finish({ error }),
    async *[Symbol.asyncIterator]() {
      for (;;) {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
          if (waiting.length === 0) onEmpty();
          yield next;
        }
        if (over) {
          if ('error' in over) throw over.error;
          return;
        }
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        await promise;
      }
    },
  };
}
