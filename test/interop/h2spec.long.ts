/** h2spec at the public server, and at one that is nothing but `libs/http2`. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { acceptConnection, encodeHeaders, type ServerStream, type StreamHandler } from '@sheaf/http2';
import { sampleModels } from '@sheaf/onnx/testing';
import { startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
import { run, skip } from './stock-tools.ts';

/** A report names each case, and says what is wrong with it, if anything. It is no whole XML: what a case got stands in it as it came. */
const casePattern = /<testcase package="([^"]*)" classname="([^"]*)"[^>]*>([\s\S]*?)<\/testcase>/g;
const casesMin = 145;
/** A busy machine may be late for a case; it is asked again. */
const triesMax = 3;

/** Cases that fail, or are skipped. */
async function notPassed(port: number): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'sheaf-h2spec-'));
  try {
    const report = join(folder, 'report.xml');
    const { output } = await run('h2spec', ['-h', '127.0.0.1', '-p', String(port), '-j', report]);
    const text = await readFile(report, 'latin1').catch(() => assert.fail(output));
    const cases = [...text.matchAll(casePattern)];
    assert.ok(cases.length >= casesMin, `${cases.length} cases ran`);
    return cases
      .filter(([, , , wrong]) => wrong?.trim())
      .map(([, part, name]) => `${part} ${name}`)
      .sort();
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Every case, at the port of a server. */
async function passesWhole(port: number): Promise<void> {
  let found = await notPassed(port);
  for (let again = 1; again < triesMax && found.length > 0; again++) found = await notPassed(port);
  assert.deepEqual(found, []);
}

describe('h2spec at the public server', { skip }, () => {
  let mesh: TestMesh;
  before(async () => {
    mesh = await startTestMesh({ 'models/pair': sampleModels.scale(2) });
  });
  after(async () => {
    await mesh?.[Symbol.asyncDispose]();
  });

  it('passes whole', () => passesWhole(mesh.running.gateway.port));
});

const okHeaders = encodeHeaders([[':status', '200']]);
const okBody = Buffer.from('some bytes, since the tool wants DATA');

/** Answers every request alike. */
const answer = (stream: ServerStream): StreamHandler => ({
  data() {},
  end() {
    stream.respond(okHeaders);
    stream.write(okBody);
    stream.end();
  },
  close() {},
});

describe('h2spec at our HTTP/2', { skip }, () => {
  let server: Server;
  before(async () => {
    server = createServer({ noDelay: true }, (socket) => {
      acceptConnection(socket, {}, { stream: answer, close() {} });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => server?.close());

  it('passes whole', () => passesWhole((server.address() as AddressInfo).port));
});
