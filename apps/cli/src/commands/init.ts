import { cp, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { batchSchema, meshSchema, modelSchema, testsSchema } from '@sheaf/mesh';
import { pipelineSchema } from '@sheaf/pipeline';
import { policiesSchema } from '@sheaf/policies';
import { type Command, UsageError, writeOrFail } from '../command.ts';

const template = fileURLToPath(new URL('../../template/', import.meta.url));

/** For editors: each file names its schema in its first line. */
const schemas = {
  batch: batchSchema,
  mesh: meshSchema,
  model: modelSchema,
  pipeline: pipelineSchema,
  policies: policiesSchema,
  tests: testsSchema,
};

export const init: Command = {
  usage: 'init <folder>',
  summary: 'make a mesh folder to start from: a model, a pipeline, a transform',
  options: {},
  async run([folder]) {
    if (!folder) throw new UsageError(`usage: sheaf ${init.usage}`);
    await refuseUsed(folder);
    await cp(template, folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
      throw new UsageError(`${folder} cannot be made (${error.code})`);
    });
    await mkdir(join(folder, 'schemas'));
    for (const [name, schema] of Object.entries(schemas))
      await writeOrFail(join(folder, 'schemas', `${name}.schema.json`), `${JSON.stringify(schema(), undefined, 2)}\n`);
    console.log(`${folder} is a mesh: a model, a pipeline, a transform. Try

  npx sheaf up ${folder} --watch
  npx sheaf infer classify-iris ${folder}/flowers.json`);
  },
};

/** Nothing of the user's is ever written over. */
async function refuseUsed(folder: string): Promise<void> {
  try {
    const entries = await readdir(folder);
    if (entries.length > 0) throw new UsageError(`${folder} is not empty; want a new folder`);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR') throw new UsageError(`${folder} is a file; want a new folder`);
    if (code !== 'ENOENT') throw new UsageError(`${folder} cannot be read`);
  }
}
