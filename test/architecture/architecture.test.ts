import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { scan } from './rules.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Each planted violation, and the rule that must find it. */
const planted: [string, string, RegExp][] = [
  ['libs/inference/src/up.ts', "import '@sheaf/transport';\n", /inference may not import transport/],
  [
    'libs/pipeline/src/sideways.ts',
    "import type { Server } from '@sheaf/transport';\n",
    /pipeline may not import transport/,
  ],
  ['libs/layers/src/grpc.ts', "import * as grpc from '@grpc/grpc-js';\n", /@grpc\/grpc-js lives in transport only/],
  [
    'libs/layers/src/late.ts',
    "const ort = await import('onnxruntime-node');\n",
    /onnxruntime-node lives in runtime only/,
  ],
  ['libs/layers/src/left.ts', "import pad from 'left-pad';\n", /left-pad has no room that owns it/],
  ['apps/gateway/src/app.ts', "import '@sheaf/cli';\n", /an app imports libs only/],
  ['libs/layers/src/no-ending.ts', "import './deadline';\n", /want an ending/],
  ['libs/layers/src/CamelCase.ts', '', /kebab-case/],
  ['libs/layers/src/loose.ts', 'export const x: any = 1;\n', /got any/],
  ['libs/layers/src/quiet.ts', '// @ts-ignore\n', /switched-off/],
  ['libs/layers/src/loud.ts', "console.log('here');\n", /got console/],
  ['libs/layers/src/star.ts', "export * from './deadline.ts';\n", /one by one/],
  ['libs/layers/src/long.ts', '\n'.repeat(301), /at most 300 lines/],
  ['libs/layers/src/long.ts', `const long = () => {${'\n'.repeat(60)}};\n`, /at most 60 lines, got 61 of long/],
  [
    'libs/limiter/src/short.ts',
    'const limiterContract = () => {};\n',
    /long functions only, got limiterContract of limiter/,
  ],
  ['libs/layers/src/index.ts', "import './testing/fake.ts';\n", /no test support/],
  ['libs/layers/src/index.ts', "import '@sheaf/onnx/testing';\n", /no test support/],
  ['libs/layers/src/fake.ts', '', /or else src\/testing/],
  ['libs/unknown/src/index.ts', '', /entry in the table of rooms/],
  ['libs/layers/src/idle.test.ts', '', /want a script "test"/],
  ['libs/unknown/src/index.ts', '', /README\.md/],
];

describe('the house', () => {
  it('keeps its rules', () => {
    const { files, violations } = scan(root);
    assert.ok(files > 40, `only ${files} files were scanned`);
    assert.deepEqual(violations, []);
  });

  it('sees nothing where nothing is', () => {
    assert.equal(scan(join(root, 'proto')).files, 0);
  });

  for (const [path, source, rule] of planted) {
    it(`finds ${rule.source} in ${path}`, () => {
      const folder = mkdtempSync(join(tmpdir(), 'sheaf-house-'));
      try {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), source);
        assert.ok(scan(folder).violations.some((violation) => rule.test(violation.rule)));
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});
