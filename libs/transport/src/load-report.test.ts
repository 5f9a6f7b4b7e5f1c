import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as grpc from '@grpc/grpc-js';
import { defaultLimits, type Load } from '@sheaf/inference';
import protobuf from 'protobufjs';
import { createRemote } from './index.ts';
import { inferPath } from './proto.ts';
import { contextOf, openServer, requestFor } from './testing/fake-model.ts';
import { encodeRequest } from './wire/codec.ts';

/** As `xds/data/orca/v3/orca_load_report.proto` has it; what we do not tell left out. */
const orca = protobuf.parse(`syntax = "proto3";
message OrcaLoadReport {
  map<string, double> named_metrics = 8;
  double application_utilization = 9;
}`).root;

const asItIs = (message: Buffer): Buffer => message;

describe('the load of a model', () => {
  it('comes with each answer on the mesh stream, also with one that refuses', async () => {
    const server = await openServer();
    const told: [string, Load][] = [];
    const onLoad = (load: Load, model: string): void => void told.push([model, load]);
    const target = `127.0.0.1:${server.port}`;
    const remote = createRemote(target, { service: 'test', limits: defaultLimits, transport: 'stream', onLoad });
    await remote.infer(requestFor('echo'), contextOf());
    await assert.rejects(remote.infer(requestFor('refuse'), contextOf()), { reason: 'OVERLOADED' });
    const load: Load = { calls: 3, fixedMs: 2, rowMs: 0.5, utilization: 0.25 };
    assert.deepEqual(told, [
      ['echo', load],
      ['refuse', load],
    ]);
    remote.close();
    await server.close(1_000);
  });

  it('is in the trailers of calls of their own, as any gRPC client can read it', async () => {
    const server = await openServer();
    const client = new grpc.Client(`127.0.0.1:${server.port}`, grpc.credentials.createInsecure());
    for (const [model, code] of [
      ['echo', grpc.status.OK],
      ['refuse', grpc.status.UNAVAILABLE],
    ] as const) {
      const status = await new Promise<grpc.StatusObject>((resolve) => {
        const deadline = Date.now() + 5_000;
        client
          .makeUnaryRequest(inferPath, asItIs, asItIs, encodeRequest(requestFor(model)), { deadline }, () => {})
          .on('status', resolve);
      });
      assert.equal(status.code, code);
      const [bytes] = status.metadata.get('endpoint-load-metrics-bin');
      const report = orca.lookupType('OrcaLoadReport').decode(bytes as Buffer);
      assert.deepEqual(report.toJSON(), {
        namedMetrics: { calls: 3, fixed_ms: 2, row_ms: 0.5 },
        applicationUtilization: 0.25,
      });
    }
    client.close();
    await server.close(1_000);
  });
});
