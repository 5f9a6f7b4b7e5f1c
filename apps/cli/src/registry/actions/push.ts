import { isReference } from '@sheaf/oci';
import { pushVersion } from '@sheaf/registry';
import { type OptionValues, UsageError } from '../../command.ts';
import type { RegistryAction } from '../action.ts';
import { hostHelp, hostOptions } from '../artifact-hosts.ts';
import { collectFor } from '../collect/collect.ts';
import { manifestOptions, manifestOptionsHelp, saidOf } from '../manifest-options.ts';
import { pushedText } from '../print.ts';
import { pushOut } from '../push-out.ts';
import { withBar } from '../pushing.ts';
import { apartFromSignature, privateKeyHelp, privateKeyOf, privateKeyOption } from '../signatures.ts';
import { nameOf } from '../typed.ts';

export const push: RegistryAction = {
  usage: '<name> [<file or folder>], or <name>/<version> oci://...',
  summary: 'bring a version; the same content is the same version, and a push that was cut goes on where it was',
  options: { ...manifestOptions, pin: { type: 'string' }, ...privateKeyOption, ...hostOptions },
  help: `    a model: its .onnx file, or the folder of a version; the newest of models/<name> in the mesh folder unless given
    a pipeline: that of this name in the mesh folder, with the code of its transforms
${manifestOptionsHelp}
    --pin alias|digest   of a pipeline: whether it follows the champions of what it asks, as unless given, or stays with
                         the versions of now
    a model.sig beside the files is their signature, or --private-key makes one
    with oci://host/repository:tag a version goes from here to a registry of artifacts
${privateKeyHelp}
${hostHelp}`,
  words: [1, 2],
  async run(place, [text = '', path], values) {
    if (path !== undefined && isReference(path)) return pushOut(place, text, path, values);
    const name = nameOf(text);
    const { kind } = place;
    if (kind === 'pipeline' && path !== undefined)
      throw new UsageError('sheaf pipelines push: want the name alone; the pipeline is that of --folder');
    const said = saidOf(values);
    const collected = await collectFor(place, name, path, pinOf(values['pin']));
    const { files, signature } = await apartFromSignature(collected.files, privateKeyOf(values), name);
    const version = { kind, name, files, signature, said: { ...said, ...collected.said } };
    const pushed = await withBar(`of ${name}`, (onProgress) => pushVersion(place.calls, version, onProgress));
    if (values['json']) return console.log(JSON.stringify({ ...pushed.version, created: pushed.created }));
    console.log(pushedText(pushed));
  },
};

function pinOf(value: OptionValues[string]): 'alias' | 'digest' {
  if (value === undefined || value === 'alias' || value === 'digest') return value ?? 'alias';
  throw new UsageError(`--pin: want alias or digest, got "${value}"`);
}
