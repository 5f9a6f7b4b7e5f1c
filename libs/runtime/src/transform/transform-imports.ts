/** Lets a transform import us from any folder of the machine, and be an ES module without a package.json that says so. */
import { registerHooks } from 'node:module';

const ours = '@sheaf/inference';
const oursUrl = import.meta.resolve(ours);

/** To be called before the transform is imported, in the thread that runs it. */
export function resolveTransformImports(): void {
  registerHooks({
    resolve: (specifier, context, nextResolve) => {
      // Also where it could be found from there: a transform and the thread that runs it must mean the same code.
      if (specifier === ours) return nextResolve(oursUrl, context);
      const resolved = nextResolve(specifier, context);
      const isTypeScript = resolved.url.startsWith('file:') && /\.ts$/.test(resolved.url);
      return isTypeScript && !resolved.format ? { ...resolved, format: 'module-typescript' } : resolved;
    },
  });
}
