/** A client with types that proto-loader-gen-types generated, beside this file. Usage: client.ts <host:port> <proto folder> */
import assert from 'node:assert/strict';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { ProtoGrpcType } from './generated/grpc_predict_v2.ts';
import type { ModelInferRequest } from './generated/inference/ModelInferRequest.ts';
import type { ModelInferResponse } from './generated/inference/ModelInferResponse.ts';

const [address = '', protoFolder = ''] = process.argv.slice(2);
const definition = loadSync('inference/grpc_predict_v2.proto', { includeDirs: [protoFolder] });
const { inference } = grpc.loadPackageDefinition(definition) as unknown as ProtoGrpcType;
const client = new inference.GRPCInferenceService(address, grpc.credentials.createInsecure());

const request = (modelName: string, columns: number): ModelInferRequest => ({
  modelName,
  inputs: [{ name: 'x', datatype: 'FP32', shape: [1, columns] }],
  rawInputContents: [Buffer.from(Float32Array.of(1, 2).buffer)],
});

const infer = (message: ModelInferRequest): Promise<ModelInferResponse | undefined> =>
  new Promise((resolve, reject) => {
    client.modelInfer(message, { deadline: Date.now() + 10_000 }, (error, reply) =>
      error ? reject(error) : resolve(reply),
    );
  });

async function check(name: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
    console.log(`ok ${name}`);
  } catch (error) {
    process.exitCode = 1;
    console.log(`FAILED ${name}: ${error}`);
  }
}

await check('ready and metadata', async () => {
  const ready = await new Promise((resolve) => client.serverReady({}, (_error, reply) => resolve(reply?.ready)));
  assert.equal(ready, true);
  const versions = await new Promise((resolve) =>
    client.modelMetadata({ name: 'double' }, (_error, reply) => resolve(reply?.versions)),
  );
  assert.deepEqual(versions, ['1']);
});

await check('infer a model and a pipeline', async () => {
  for (const [model, factor] of [
    ['double', 2],
    ['quadruple', 4],
  ] as const) {
    const [raw] = (await infer(request(model, 2)))?.rawOutputContents ?? [];
    assert.equal(Buffer.from(raw as Uint8Array).readFloatLE(), factor);
  }
});

await check('a refusal with google.rpc details', async () => {
  await assert.rejects(infer(request('double', 3)), (error: grpc.ServiceError) => {
    const [details] = error.metadata.get('grpc-status-details-bin');
    assert.equal(error.code, grpc.status.INVALID_ARGUMENT);
    assert.match(String(details), /google\.rpc\.ErrorInfo.*google\.rpc\.BadRequest/s);
    return true;
  });
});

client.close();
