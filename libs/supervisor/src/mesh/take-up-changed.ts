/**
 * A process that ended found other files in the folder than it was started with, and told so. It cannot serve what the others do, since nobody has that any
 * more; so the folder is taken up by all, or by nobody.
 */
import type { OnEvent } from '@sheaf/inference';
export async function takeUpChanged(message: string, reread: () => Promise<unknown>, onEvent: OnEvent): Promise<void> {
  onEvent(
    `${message}\nthe folder has changed since the mesh took it up; it is taken up now, by all processes together`,
    'reload.begun',
  );
  await reread().then(
    () => onEvent('the change is taken up', 'reload.done'),
    (error: Error) =>
      onEvent(`${error.message}\nthe mesh keeps running as it was, without the process that ended`, 'reload.failed'),
  );
}
