/** Asks a server of ours, on connections of ours. */
import { singleAnswer } from './call.ts';
import { failureOf } from './call-status.ts';
import { type ChannelOptions, createChannel } from './channel.ts';
import type { GrpcClient, Question } from './grpc-client.ts';

export interface OwnClientOptions extends ChannelOptions {
  /** Of an answer. */
  readonly messageBytesMax: number;
}

export function createOwnClient(options: OwnClientOptions): GrpcClient {
  const { messageBytesMax } = options;
  const channel = createChannel(options);
  const callOptions = ({ path, metadata, deadline }: Question) => ({
    ...{ path, metadata: [...metadata], messageBytesMax },
    timeoutMs: deadline === undefined ? undefined : deadline - Date.now(),
  });
  return {
    ask(question, done) {
      const answer = singleAnswer((status, message) => (message ? done(null, message) : done(failureOf(status))));
      const call = channel.start(callOptions(question), answer);
      call.send(question.message);
      call.end();
      return call;
    },
    watch(question, { message, end }) {
      const own = createChannel(options);
      const ended = (code: number): void => {
        own.close();
        end(code);
      };
      const call = own.start(callOptions(question), { message, end: ({ code }) => ended(code) });
      call.send(question.message);
      call.end();
      return call;
    },
    renew: () => channel.renew(),
    close: () => channel.close(),
  };
}
