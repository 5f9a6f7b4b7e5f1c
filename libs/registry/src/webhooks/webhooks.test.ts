import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { moveAlias } from '../client/move-alias.ts';
import { pushVersion } from '../client/push-version.ts';
import { refusal } from '../testing/samples.ts';
import { fileOf, openTestService, type TestService } from '../testing/service-samples.ts';
import { postWebhook } from './post.ts';
import { signWebhook } from './sign.ts';
import { tellWebhooks } from './tell.ts';
import { addWebhook, readWebhooks, removeWebhook } from './webhooks-file.ts';

interface Received {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Answers each request with the next status, the last one for all that follow. */
async function receive(...statuses: readonly number[]) {
  const received: Received[] = [];
  const waiting: { readonly count: number; readonly done: () => void }[] = [];
  const server: Server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const status = statuses[Math.min(received.length, statuses.length - 1)] ?? 200;
    received.push({ headers: request.headers, body });
    response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end();
    for (const { count, done } of waiting) if (received.length >= count) done();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    received,
    /** Resolves when there were so many. */
    until: (count: number) =>
      new Promise<void>((done) => {
        if (received.length >= count) done();
        else waiting.push({ count, done });
      }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const push = (service: TestService, content: string) =>
  pushVersion(service.as('ann'), { kind: 'model', name: 'digits', files: [fileOf('model.onnx', content)], said: {} });

const holder = 'a process';
const telling = (service: TestService) =>
  tellWebhooks({
    folder: service.folder,
    registry: async () => service.registry,
    holder,
    retryMs: [1, 1],
    lookMs: 10,
  });

describe('webhooks', () => {
  it('are signed as Standard Webhooks has it', () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const headers = signWebhook(secret, 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330, '{"test": 2432232314}');
    assert.deepEqual(headers, {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('are told of every change in its order, and again with the same id until one was taken', async () => {
    await using service = await openTestService();
    await using receiver = await receive(500, 200);
    const url = `http://127.0.0.1:${receiver.port}/hook`;
    await push(service, 'before');
    const { sequence: after } = await service.registry.store.auditHead();
    const { secret } = await addWebhook(service.folder, { url, isPrivate: true, after });
    const end = telling(service);
    await push(service, 'one');
    await moveAlias(service.as('ann'), {
      ...{ kind: 'model', name: 'digits', alias: 'champion', to: '2', why: 'better', evidence: '', force: false },
    });
    await receiver.until(3);
    await end();
    const [failed, taken, moved] = receiver.received;
    assert.deepEqual([failed?.body, failed?.headers['webhook-id']], [taken?.body, taken?.headers['webhook-id']]);
    assert.deepEqual(
      [taken, moved].map((one) => JSON.parse(one?.body ?? '{}')).map(({ type, data }) => [type, data.subject, data.by]),
      [
        ['version.add', 'digits', 'ann'],
        ['alias.move', 'digits/champion', 'ann'],
      ],
    );
    const { headers, body } = moved as Received;
    const again = signWebhook(secret, String(headers['webhook-id']), Number(headers['webhook-timestamp']), body);
    assert.equal(headers['webhook-signature'], again['webhook-signature']);
    // A process that follows begins where this one ended.
    const next = telling(service);
    await push(service, 'two');
    await receiver.until(4);
    await next();
    assert.match(receiver.received[3]?.body ?? '', /"version":3/);
  });

  it('are told again where it is damaged what they were told', async () => {
    for (const damaged of ['{', '[1', 'null', '{"http://127.0.0.1/":"x"}']) {
      await using service = await openTestService();
      await using receiver = await receive(200);
      await push(service, 'one');
      await writeFile(join(service.folder, '.sheaf', 'registry', 'webhooks-told.json'), damaged);
      await addWebhook(service.folder, { url: `http://127.0.0.1:${receiver.port}/`, isPrivate: true, after: 0 });
      const end = telling(service);
      await receiver.until(1);
      await end();
      assert.match(receiver.received[0]?.body ?? '', /"version.add"/);
    }
  });

  it('that take nothing are given up after a while, which the record tells', async () => {
    await using service = await openTestService();
    await using receiver = await receive(500, 500, 500, 200);
    await addWebhook(service.folder, { url: `http://127.0.0.1:${receiver.port}`, isPrivate: true, after: 0 });
    await push(service, 'one');
    await push(service, 'two');
    const end = telling(service);
    await receiver.until(4);
    await end();
    const entries = await service.registry.store.audit(0, 100);
    const [given] = entries.filter(({ action }) => action === 'webhook.given-up');
    assert.deepEqual(JSON.parse(given?.detail ?? '{}'), { sequence: 1, why: 'it answered with status 500' });
    assert.match(receiver.received[3]?.body ?? '', /"version":2/);
  });

  it('are told by one process of several that serve the registry', async () => {
    await using service = await openTestService();
    await service.registry.store.takeLease('webhooks', 'another process', 60_000);
    await using receiver = await receive(200);
    await addWebhook(service.folder, { url: `http://127.0.0.1:${receiver.port}`, isPrivate: true, after: 0 });
    await push(service, 'one');
    const end = telling(service);
    await end();
    assert.deepEqual(receiver.received, []);
  });

  it('lead to public addresses alone, unless told otherwise, and to the one that was looked at', async () => {
    await using receiver = await receive(302, 200);
    const url = `http://hooks.example:${receiver.port}/`;
    const post = (isPrivate: boolean, address: string, ...more: readonly string[]) =>
      postWebhook(
        { url, headers: {}, body: '{}', isPrivate },
        {
          resolve: async () => [address, ...more].map((one) => ({ address: one, family: one.includes(':') ? 6 : 4 })),
        },
      );
    for (const address of [
      '127.0.0.1',
      '10.1.2.3',
      '169.254.169.254',
      '192.168.0.1',
      '::1',
      'fd00::1',
      '::ffff:127.0.0.1',
    ])
      await assert.rejects(post(false, address), /not public/, address);
    await assert.rejects(post(false, '93.184.216.34', '127.0.0.1'), /not public/);
    for (const literal of ['127.0.0.1', '[::1]', '[::ffff:7f00:1]', '0x7f000001', '2130706433'])
      await assert.rejects(
        postWebhook({ url: `http://${literal}:${receiver.port}/`, headers: {}, body: '{}', isPrivate: false }),
        /not public/,
        literal,
      );
    assert.equal(receiver.received.length, 0);
    await assert.rejects(post(true, '127.0.0.1'), /answered with status 302/);
    await post(true, '127.0.0.1');
    assert.equal(receiver.received.length, 2);
    assert.equal(receiver.received[1]?.headers.host, `hooks.example:${receiver.port}`);
  });

  it('are addresses of https, or of http where they may be private, each once', async () => {
    await using service = await openTestService();
    const add = (url: string, isPrivate = false) => addWebhook(service.folder, { url, isPrivate, after: 0 });
    const invalid = refusal('INVALID_ARGUMENT', 'REGISTRY_INVALID', /^url: want /);
    for (const url of [
      'gopher://x/',
      'data:text/plain,x',
      'ftp://x/',
      'file:///etc/passwd',
      'http://x/',
      'x',
      'https://u:p@x/',
    ])
      await assert.rejects(add(url), invalid, url);
    const { secret } = await add('https://x.example/');
    assert.equal(Buffer.from(secret.replace('whsec_', ''), 'base64').length, 32);
    await assert.rejects(add('https://x.example/'), invalid);
    await add('http://127.0.0.1:9/', true);
    assert.equal((await readWebhooks(service.folder)).length, 2);
    assert.deepEqual(
      [await removeWebhook(service.folder, 'https://x.example/'), await removeWebhook(service.folder, 'https://y/')],
      [true, false],
    );
  });
});
