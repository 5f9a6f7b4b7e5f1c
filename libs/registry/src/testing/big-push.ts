/** A process that pushes a file of so many megabytes and puts it into a folder, and tells the most memory that it took for that; or why it could not. */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { InferError } from '@sheaf/inference';
import { openRegistry } from '../index.ts';

const [, , folder = '', megabytes = ''] = process.argv;
const chunk = Buffer.alloc(1_048_576, 'weights ');
const count = Number(megabytes);

const hash = createHash('sha256');
for (let index = 0; index < count; index++) hash.update(chunk);
const sha256 = hash.digest('hex');
const sizeBytes = count * chunk.byteLength;

const registry = await openRegistry(folder);
/** KiB. */
const most = (): number => process.resourceUsage().maxRSS;
const before = most();
let offset = 0;
try {
  const upload = await registry.blobs.upload({ id: 'big', sha256, sizeBytes });
  offset = upload.offset;
  for (let at = offset; at < sizeBytes; ) {
    const rest = chunk.subarray(at % chunk.byteLength);
    await upload.write(at, rest);
    at += rest.byteLength;
  }
  await upload.commit();
  const manifest = {
    schema: 1,
    kind: 'model',
    files: [{ path: 'model.onnx', sizeBytes, sha256 }],
    labels: {},
    metrics: {},
    pins: [],
  } as const;
  await registry.publish({ name: 'big', manifest, by: 'test' });
  const placed = join(folder, 'view', 'model.onnx');
  await registry.blobs.place(sha256, placed);
  console.log(JSON.stringify({ offset, placed: statSync(placed).size, mostMiB: (most() - before) / 1_024 }));
} catch (error) {
  const { code, reason, message } =
    error instanceof InferError ? error : { code: '', reason: '', message: String(error) };
  console.log(JSON.stringify({ offset, code, reason, message }));
}
await registry.close();
