/** The stock verifier of OpenSSF Model Signing, and its signer: what either side has signed holds for the other. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { appendFile, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { cache, make, root, run } from './stock-tools.ts';

const stock = join(cache, 'signing/bin/model_signing');
/** Where everything is required the test runs, and fails. */
const skip =
  existsSync(stock) || process.env['SHEAF_INTEROP'] === 'required'
    ? false
    : 'model_signing is not installed: run test/interop/install.sh';

const sheaf = (...args: readonly string[]) =>
  run(process.execPath, [join(root, 'apps/cli/src/main.ts'), 'models', ...args]);

describe('a signature in the form of OpenSSF Model Signing', { skip }, () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sheaf-stock-signing-'));
    await mkdir(at('model/data'), { recursive: true });
    await writeFile(at('model/model.onnx'), 'weights');
    await writeFile(at('model/data/labels.txt'), 'one\ntwo\n');
    await writeFile(at('model/data-2.txt'), 'sorted between');
    await make(process.execPath, [
      join(root, 'apps/cli/src/main.ts'),
      'models',
      'keygen',
      at('P-256'),
      '--folder',
      `${root}examples/postcode`,
    ]);
    for (const curve of ['P-384', 'P-521']) {
      await make('openssl', [
        'genpkey',
        '-algorithm',
        'EC',
        '-pkeyopt',
        `ec_paramgen_curve:${curve}`,
        '-out',
        at(curve),
      ]);
      await make('openssl', ['pkey', '-in', at(curve), '-pubout', '-out', at(`${curve}.pub`)]);
    }
  });
  after(() => rm(folder, { recursive: true }));

  const place = ['--folder', join(root, 'examples/postcode')];
  const stockVerify = (model: string, key: string) =>
    run(stock, ['verify', 'key', model, '--signature', join(model, 'model.sig'), '--public_key', `${at(key)}.pub`]);
  const verify = (model: string, key: string) => sheaf('verify', model, '--public-key', `${at(key)}.pub`, ...place);

  for (const key of ['P-256', 'P-384', 'P-521'])
    it(`holds both ways with a key on ${key}, and for no other files`, async () => {
      for (const by of ['ours', 'stock'] as const) {
        const model = at(`${by}-${key}`);
        await cp(at('model'), model, { recursive: true });
        const signed =
          by === 'ours'
            ? await sheaf('sign', model, '--private-key', at(key), ...place)
            : await run(stock, [
                'sign',
                'key',
                model,
                '--signature',
                join(model, 'model.sig'),
                '--private_key',
                at(key),
              ]);
        assert.equal(signed.code, 0, signed.output);
        for (const verified of [await stockVerify(model, key), await verify(model, key)])
          assert.equal(verified.code, 0, `${by}: ${verified.output}`);
        const stranger = key === 'P-256' ? 'P-384' : 'P-256';
        for (const verified of [await stockVerify(model, stranger), await verify(model, stranger)])
          assert.equal(verified.code, 1, `${by}: ${verified.output}`);
        await appendFile(join(model, 'data/labels.txt'), 'three\n');
        for (const verified of [await stockVerify(model, key), await verify(model, key)])
          assert.equal(verified.code, 1, `${by}: ${verified.output}`);
      }
    });
});
