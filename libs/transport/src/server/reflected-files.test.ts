import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import descriptor from 'protobufjs/ext/descriptor/index.js';
import { inferenceFile, jobsFile, operationsFile, predictionsFile, registryFile } from '../proto.ts';
import { loadReflected } from './reflected-files.ts';

interface Message {
  readonly name: string;
  readonly field: readonly { readonly name: string; readonly typeName?: string }[];
  readonly nestedType: readonly Message[];
}
interface File {
  readonly name: string;
  readonly package: string;
  readonly dependency: readonly string[];
  readonly messageType: readonly Message[];
}

const loaded = loadReflected([inferenceFile, registryFile, jobsFile, operationsFile, predictionsFile]);
const [one] = Object.values(loaded).flatMap((type) =>
  'fileDescriptorProtos' in type ? [type.fileDescriptorProtos] : [],
);
const files = (one as Buffer[]).map((bytes) => descriptor.FileDescriptorProto.decode(bytes) as unknown as File);

describe('the files that reflection tells of', () => {
  it('are each there once, with all that is imported', () => {
    const packages = files.map((file) => file.package).sort();
    assert.equal(new Set(packages).size, packages.length);
    for (const name of ['inference', 'sheaf.jobs.v1', 'sheaf.predictions.v1', 'google.longrunning', 'google.rpc'])
      assert.ok(packages.includes(name), name);
  });

  it('name every type wholly, and the files that these are in', () => {
    const below = (scope: string, message: Message): [string, Message][] => {
      const own = `${scope}.${message.name}`;
      return [[own, message], ...message.nestedType.flatMap((nested) => below(own, nested))];
    };
    const all = files.flatMap((file) =>
      file.messageType
        .flatMap((message) => below(`.${file.package}`, message))
        .map(([name, message]) => ({ file, name, message })),
    );
    const placed = new Map(all.map(({ name, file }) => [name, file.name]));
    let across = 0;
    for (const { file, name, message } of all)
      for (const { name: field, typeName } of message.field) {
        if (!typeName) continue;
        assert.match(typeName, /^\./, `${name}.${field}`);
        const place = placed.get(typeName);
        if (place === undefined || place === file.name) continue;
        across++;
        assert.ok(file.dependency.includes(place), `${file.name} wants ${place} for ${name}.${field}`);
      }
    assert.ok(across > 3);
  });
});
