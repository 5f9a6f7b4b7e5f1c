import { join } from 'node:path';
import { signatureFile, signFiles } from '@sheaf/signing';
import { UsageError, writeOrFail } from '../../command.ts';
import type { RegistryAction } from '../action.ts';
import { collectFolder } from '../collect/walk.ts';
import { apartFromSignature, isFolderTyped, privateKeyHelp, privateKeyOf, privateKeyOption } from '../signatures.ts';
import { saidVersionOf } from '../typed.ts';

export const sign: RegistryAction = {
  usage: '<name>/<version>, or ./<folder>',
  summary: 'sign the files of a version, in the registry or, as model.sig beside them, in a folder',
  options: privateKeyOption,
  help: privateKeyHelp,
  words: [1, 1],
  async run({ calls, kind }, [text = ''], values) {
    const readKey = privateKeyOf(values);
    if (!readKey) throw new UsageError('want --private-key <file>; keygen makes one');
    if (isFolderTyped(text)) {
      const { files } = await apartFromSignature(await collectFolder(text));
      const file = join(text, signatureFile);
      await writeOrFail(file, signFiles(files, { name: text, key: await readKey() }));
      return console.log(`${file} is the signature of ${files.length} files`);
    }
    const found = await calls.getVersion({ kind, ...saidVersionOf(text) });
    const { name, version, manifest } = found;
    const bundle = signFiles(manifest?.files ?? [], { name, key: await readKey() });
    const signed = await calls.addSignature({ kind, name, version, bundle });
    if (values['json']) return console.log(JSON.stringify(signed));
    console.log(`${name}/${version} is signed`);
  },
};
