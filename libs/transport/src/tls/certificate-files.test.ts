import assert from 'node:assert/strict';
import { mkdtemp, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createAuthority, type Issued } from '../../../../test/support/certificates.ts';
import { CertificateFiles, leaseCertificates, readPem } from './certificate-files.ts';

let folder: string;
let first: Issued;
let second: Issued;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sheaf-pem-'));
  const ca = await createAuthority();
  [first, second] = [await ca.issue(), await ca.issue()];
  await writeFile(files().ca, ca.certificate);
});
after(() => rm(folder, { recursive: true }));

const files = () => ({
  ca: join(folder, 'ca.crt'),
  certificate: join(folder, 'own.crt'),
  key: join(folder, 'own.key'),
});
async function write({ certificate, key }: Partial<Issued>): Promise<void> {
  for (const [file, content] of [
    [files().certificate, certificate],
    [files().key, key],
  ] as const) {
    if (!content) continue;
    await rm(file, { force: true });
    await writeFile(file, content);
  }
}

async function linkKey(): Promise<void> {
  await rm(files().key);
  await symlink(files().key, files().key);
}

/** Files that are looked at when the test says so, what they hold, and what they told. */
function open() {
  const lines: string[] = [];
  const certificates = new CertificateFiles(files(), { intervalMs: 3_600_000, log: (line) => lines.push(line) });
  return { certificates, lines, held: () => certificates.current?.certificate?.toString() };
}

describe('certificate files', () => {
  it('hold what was written last, and tell who listens', async () => {
    await write(first);
    const { certificates, held, lines } = open();
    let changes = 0;
    const end = certificates.onChange(() => changes++);
    certificates.look();
    assert.deepEqual([held(), changes], [first.certificate, 0]);
    await write(second);
    certificates.look();
    assert.deepEqual([held(), changes], [second.certificate, 1]);
    end();
    await write(first);
    certificates.look();
    assert.deepEqual([held(), changes, lines], [first.certificate, 1, []]);
    certificates.close();
  });

  it('say nothing of a pair that is being written', async () => {
    await write(first);
    const { certificates, held, lines } = open();
    await write({ certificate: second.certificate });
    certificates.look();
    assert.equal(held(), first.certificate);
    await write({ key: second.key });
    certificates.look();
    assert.deepEqual([held(), lines], [second.certificate, []]);
    certificates.close();
  });

  const spoilt: [string, () => Promise<void>, RegExp][] = [
    ['a key of another certificate', () => write({ key: second.key }), /^TLS: own\.key holds no key in PEM that fits/],
    ['no PEM', () => write({ certificate: 'hello' }), /^TLS: own\.crt holds no certificate in PEM;/],
    ['nothing', () => write({ certificate: '\n' }), /^TLS: own\.crt holds no certificate in PEM;/],
    ['no file', () => unlink(files().key), /^TLS: own\.key cannot be read \(ENOENT\);/],
    ['a link to itself', linkKey, /^TLS: own\.key cannot be read \(ELOOP\);/],
    ['a very large file', () => write({ key: 'x'.repeat(2 ** 20 + 1) }), /^TLS: own\.key has more than 1048576 bytes;/],
  ];
  for (const [name, spoil, line] of spoilt) {
    it(`keep what they held when there is ${name}, tell it once, and take up what is good again`, async () => {
      await write(first);
      const { certificates, held, lines } = open();
      await spoil();
      for (let look = 0; look < 5; look++) certificates.look();
      assert.equal(held(), first.certificate);
      assert.equal(lines.length, 1);
      assert.match(lines[0] ?? '', line);
      assert.match(lines[0] ?? '', /; what they held before is used on$/);
      assert.throws(() => readPem(files()), { code: 'FAILED_PRECONDITION' });
      await write(second);
      certificates.look();
      assert.deepEqual([held(), lines.length], [second.certificate, 1]);
      certificates.close();
    });
  }

  it('are watched once for all that use them, until the last has let go', async () => {
    await write(first);
    const [one, two] = [leaseCertificates(files()), leaseCertificates(files())];
    assert.equal(one.certificates, two.certificates);
    one.release();
    assert.equal(leaseCertificates(files()).certificates, two.certificates);
    two.release();
    const three = leaseCertificates(files());
    assert.equal(three.certificates, two.certificates);
    three.release();
    three.release();
    const fresh = leaseCertificates(files());
    assert.notEqual(fresh.certificates, two.certificates);
    fresh.release();
  });
});
