/** What a client does that outlives a gateway: the addresses of all, in turn, and one more try of UNAVAILABLE. */
import { StockClient } from './stock-client.ts';

const serviceConfig = JSON.stringify({
  loadBalancingConfig: [{ round_robin: {} }],
  methodConfig: [
    {
      name: [{}],
      retryPolicy: {
        maxAttempts: 2,
        initialBackoff: '0.05s',
        maxBackoff: '0.05s',
        backoffMultiplier: 1,
        retryableStatusCodes: ['UNAVAILABLE'],
      },
    },
  ],
});

export const steadyClient = (ports: readonly (number | string)[]): StockClient =>
  new StockClient(`ipv4:${ports.map((port) => `127.0.0.1:${port}`).join(',')}`, {
    'grpc.service_config': serviceConfig,
    'grpc.use_local_subchannel_pool': 1,
  });

const raw = Buffer.from(Float32Array.of(1, 2).buffer);

/** Calls of the models in turn, with `x` of one row of two FP32, at fixed times whatever becomes of those before, while no more than `atOnceMax` of them are under way; answers what became of each. */
export function steadyLoad(
  client: StockClient,
  models: readonly string[],
  everyMs: number,
  atOnceMax = Number.POSITIVE_INFINITY,
): { stop(): Promise<readonly string[]> } {
  const calls: Promise<string>[] = [];
  let underWay = 0;
  const timer = setInterval(() => {
    if (underWay >= atOnceMax) return;
    underWay++;
    const model = models[calls.length % models.length] as string;
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 2] }];
    calls.push(
      client
        .call('ModelInfer', { model_name: model, inputs, raw_input_contents: [raw] })
        .then(({ code, error }) => (error ? `${model}: ${code} ${error.details}` : 'OK'))
        .finally(() => underWay--),
    );
  }, everyMs);
  return {
    stop: () => {
      clearInterval(timer);
      return Promise.all(calls);
    },
  };
}
