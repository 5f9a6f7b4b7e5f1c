import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { describe, it } from 'node:test';
import { whatBrings } from './missing-provider.ts';

const runtime = '/r';
const installed = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
const at = (platform: string, ...files: readonly string[]) => ({
  platform,
  runtime,
  isThere: (file: string) => files.includes(file),
});

describe('a provider that the runtime has not', () => {
  it('comes by a command where npm brings no library for it', () => {
    assert.equal(
      whatBrings('cuda', at('linux/x64')),
      ' (its library is not installed: "node /r/script/install.js --onnxruntime-node-install" fetches it; it wants a driver, CUDA 12 and cuDNN 9)',
    );
  });

  it('wants something of the machine where its library is there, and another machine where there is none for this one', () => {
    const library = '/r/bin/napi-v6/linux/x64/libonnxruntime_providers_tensorrt.so';
    assert.match(whatBrings('tensorrt', at('linux/x64', library)), /cannot be loaded: .* cuDNN 9 and TensorRT 10\)$/);
    assert.equal(
      whatBrings('cuda', at('linux/arm64')),
      ' (the runtime has it for linux/x64 only, and this is linux/arm64)',
    );
    assert.equal(whatBrings('coreml', at('linux/x64')), '');
  });

  it('is fetched by a script that the pinned runtime has, with that flag, for that platform and under that name', () => {
    const [, script = ''] = /"node (\S+) /.exec(whatBrings('cuda', { ...at('linux/x64'), runtime: installed })) ?? [];
    assert.ok(existsSync(script), script);
    const folder = script.slice(0, -'install.js'.length);
    assert.match(readFileSync(`${folder}install-utils.js`, 'utf8'), /=== '--onnxruntime-node-install'/);
    const metadata = readFileSync(`${folder}install-metadata.js`, 'utf8');
    assert.match(metadata, /'linux\/x64': \['cuda12'\]/);
    assert.match(metadata, /libonnxruntime_providers_cuda\.so[\s\S]*libonnxruntime_providers_tensorrt\.so/);
    assert.ok(existsSync(`${installed}/bin/napi-v6`));
  });
});
