import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InferError, notFound } from '@sheaf/inference';
import protobuf from 'protobufjs';
import { protoFile } from './proto.ts';
import { encodeRpcStatus, readRpcStatus } from './rpc-status.ts';
import { statusFields, type Trailers } from './status.ts';

const root = new protobuf.Root();
root.resolvePath = (_origin, target) => protoFile(target);
root.loadSync(['google/rpc/error_details.proto']);

const told = (error: InferError, trailers?: Trailers) => new Map(statusFields(error, trailers));
const detailBytes = (error: InferError): Buffer =>
  Buffer.from(told(error).get('grpc-status-details-bin') ?? '', 'base64');

/** The details of a refusal by the names of their types, as a stranger's library reads them. */
function detailsOf(error: InferError): Record<string, unknown> {
  return Object.fromEntries(
    readRpcStatus(encodeRpcStatus(error)).details.map(({ type_url, value }) => {
      const name = type_url.replace('type.googleapis.com/', '');
      const type = root.lookupType(name);
      return [name.replace('google.rpc.', ''), type.toObject(type.decode(value), { longs: Number })];
    }),
  );
}

describe('the details of a refusal', () => {
  it('name what is not there', () => {
    assert.deepEqual(detailsOf(notFound('there is no model "m" version 3', 'm/3')), {
      ErrorInfo: { reason: 'MODEL_NOT_FOUND', domain: 'sheaf' },
      ResourceInfo: { resourceType: 'model', resourceName: 'm/3' },
    });
  });

  it('name the limit, whose it is, how much it allows and when to come back', () => {
    const error = new InferError('RESOURCE_EXHAUSTED', 'limit "burst" is used up', {
      reason: 'RATE_LIMITED',
      about: {
        kind: 'quota',
        subject: 'tenant:acme',
        metric: 'requests',
        id: 'burst',
        dimensions: { tenant: 'acme' },
        value: 20.5,
      },
      retryAfterMs: 1_250,
    });
    assert.deepEqual(detailsOf(error), {
      ErrorInfo: { reason: 'RATE_LIMITED', domain: 'sheaf' },
      QuotaFailure: {
        violations: [
          {
            subject: 'tenant:acme',
            description: 'burst: at most 20 requests of tenant:acme',
            quotaMetric: 'requests',
            quotaId: 'burst',
            quotaDimensions: { tenant: 'acme' },
            quotaValue: 20,
          },
        ],
      },
      RetryInfo: { retryDelay: { seconds: 1, nanos: 250_000_000 } },
    });
  });

  it('tell when a quota is full again, and that it is not to be tried before', () => {
    const error = new InferError('RESOURCE_EXHAUSTED', 'used up', {
      reason: 'QUOTA_EXHAUSTED',
      retryAfterMs: -1,
      retryDelayMs: 3_600_000,
    });
    assert.deepEqual(detailsOf(error)['RetryInfo'], { retryDelay: { seconds: 3_600 } });
    assert.equal(told(error).get('grpc-retry-pushback-ms'), '-1');
  });

  it('name the state that is not as it has to be', () => {
    const about = { kind: 'precondition', type: 'MODEL_STATE', subject: 'm/1' } as const;
    const error = new InferError('FAILED_PRECONDITION', 'it is disabled', { reason: 'MODEL_DISABLED', about });
    assert.deepEqual(detailsOf(error)['PreconditionFailure'], {
      violations: [{ type: 'MODEL_STATE', subject: 'm/1', description: 'it is disabled' }],
    });
  });

  it('carry the code and the sentence of the status itself, who decided, and what was told beside', () => {
    const error = new InferError('PERMISSION_DENIED', 'rule r: no', { reason: 'RULE_DENIED', decision: 'rule:r' });
    const fields = told(error, new Map([['x-request-id', 'abc']]));
    const status = readRpcStatus(detailBytes(error));
    assert.deepEqual([String(status.code), status.message], [fields.get('grpc-status'), 'rule r: no']);
    assert.equal(decodeURI(fields.get('grpc-message') ?? ''), 'rule r: no');
    assert.equal(fields.get('x-mesh-decision'), 'rule:r');
    assert.equal(fields.get('x-request-id'), 'abc');
  });

  it('are text wherever a cut goes through a pair of surrogates', () => {
    for (const lead of ['', 'a']) {
      const error = new InferError('INVALID_ARGUMENT', `${lead}${'\u{1F600}'.repeat(600)}`);
      assert.ok(decodeURI(told(error).get('grpc-message') ?? '').isWellFormed());
    }
    assert.ok(new InferError('INTERNAL', '\ud83d').message.isWellFormed());
  });

  it('stay below two kilobytes, however much is wrong', () => {
    const violations = Array.from({ length: 64 }, (_, index) => ({
      field: `inputs[${index}].shape[1]`,
      description: 'want 64, got 63',
      reason: 'SHAPE_MISMATCH',
    }));
    const error = new InferError('INVALID_ARGUMENT', 'x'.repeat(5_000), { violations });
    const { length } = detailBytes(error);
    assert.ok(length < 2_048, `${length}`);
  });
});
