/** One revision after the other, each change with its entry in the audit trail. */
import { InferError, movedAliases, Turns } from '@sheaf/inference';
import {
  formatProblem,
  type Mesh,
  outText,
  policiesDigest,
  policiesKeptProblem,
  readMesh,
  type Steering,
} from '@sheaf/mesh';
import type { AuditLog } from '@sheaf/store';
import type { ReloadResponse } from '@sheaf/transport';
import { fingerprintsOf, openRevision, type RevisionPorts, type Served, steerRevision } from './revision.ts';
import type { Revisions } from './revisions.ts';
import { changedParts, differs, othersProblem } from './what-changed.ts';

export interface ReloadPorts {
  readonly revisions: Revisions;
  readonly ports: RevisionPorts;
  readonly audit: AuditLog;
  /** Called when another revision is in force. */
  readonly onTaken: () => void;
  /** Called when other aliases are in force. */
  readonly onSteered?: () => void;
  /** Called when one was refused, and all is as before. */
  readonly onRefused?: () => void;
  /** Called when that is of the folder as this process alone has taken it up. */
  readonly onReread: (mesh: Mesh) => void;
}

export interface Reloads {
  /** What the supervisor has made ready; resolves when it is in force, and its `drained` when nothing asks any more for what it replaces. */
  serve(next: Served): Promise<{ readonly drained: Promise<void> }>;
  /** Other aliases over what is served: resolves when they are in force. */
  steer(steering: Steering): Promise<void>;
  /** What is served already, since somebody else's server may have come that says what it serves. */
  again(): Promise<void>;
  /** The folder as it is now, as far as this process alone can take it up. `actor` is who wants it. */
  reread(actor: string): Promise<ReloadResponse>;
}

/** In the audit trail, for what the supervisor saw change: whoever wrote the files. */
const supervisorActor = 'supervisor';

export function createReloads(ports: ReloadPorts): Reloads {
  const { revisions, audit } = ports;
  const turns = new Turns();
  return {
    serve: async (next) => {
      const { replaced } = await turns.take(async () => {
        // It has taken that up by itself.
        if (!differs(revisions.current.served, next)) return { replaced: undefined };
        const isOther = changedParts(revisions.current.served.mesh, next.mesh).includes('policies');
        return takeUp(next, isOther ? supervisorActor : undefined, ports).catch((error: unknown) => {
          ports.onRefused?.();
          throw error;
        });
      });
      return { drained: replaced ?? Promise.resolve() };
    },
    steer: (steering) =>
      turns.take(async () => {
        const { current } = revisions;
        if (movedAliases(current.served.mesh.aliases, steering.aliases).size === 0) return;
        // Calls of before end by themselves; nothing waits for them, since nothing ends with them.
        void revisions.replace(steerRevision(current, steering, ports.ports));
        ports.onSteered?.();
      }),
    again: async () => {
      const { replaced } = await turns.take(() => takeUp(revisions.current.served, undefined, ports));
      await replaced;
    },
    reread: (actor) =>
      turns.take(async () => {
        try {
          return await reread(actor, ports);
        } catch (error) {
          ports.onRefused?.();
          // Why is for who asked: a folder that is broken may say anything.
          await audit.append({ at: Date.now(), actor, action: 'reload.refused', subject: 'gateway', detail: '' });
          throw error;
        }
      }),
  };
}

/** Makes the next revision the current one. `actor` undefined: nobody needs to be told of it later. */
async function takeUp(next: Served, actor: string | undefined, { revisions, ports, audit, onTaken }: ReloadPorts) {
  const { mesh: before } = revisions.current.served;
  const kept = policiesKeptProblem(before, next.mesh);
  if (kept) throw unfit(kept);
  const revision = await openRevision(next, ports, revisions.current.catalog);
  const changed = changedParts(before, next.mesh);
  const epoch = revisions.snapshot().epoch + 1;
  try {
    // First, so that there is no change without its entry.
    if (actor !== undefined) {
      const detail = JSON.stringify({ epoch, policies: policiesDigest(next.mesh) });
      const subject = changed.join(', ') || 'nothing';
      await audit.append({ at: Date.now(), actor, action: 'reload', subject, detail });
    }
  } catch (error) {
    revision.close();
    throw error;
  }
  const replaced = revisions.replace(revision);
  onTaken();
  return { epoch, changed, replaced };
}

async function reread(actor: string, ports: ReloadPorts): Promise<ReloadResponse> {
  const { served, fingerprints } = ports.revisions.current;
  const { mesh: whole, servable, problems } = await readMesh(served.mesh.folder, { before: served.mesh });
  const mesh = served.isStrict ? whole : servable;
  if (!mesh) throw unfit(problems.map(formatProblem).join('\n'));
  // Nobody who asks for other policies is to believe that they are in force.
  const kept = mesh.out.find(({ kind }) => kind === 'file');
  if (kept) throw unfit(kept.why);
  const others = othersProblem(served.mesh, mesh, fingerprints, fingerprintsOf(mesh, fingerprints));
  if (others) throw unfit(others);
  const { epoch, changed } = await takeUp({ ...served, mesh }, actor, ports).catch((error: unknown) => {
    throw asUnfit(error, mesh.folder);
  });
  ports.onReread(mesh);
  return { epoch, changed: [...changed], out: mesh.out.map(outText) };
}

const unfit = (message: string): InferError =>
  new InferError('FAILED_PRECONDITION', message, { reason: 'MESH_INVALID' });

/** What is wrong with the folder is no mistake of the request; where the folder is, is told to nobody. */
const asUnfit = (error: unknown, folder: string): unknown =>
  error instanceof InferError && error.code === 'INVALID_ARGUMENT'
    ? unfit(error.message.replaceAll(`${folder}/`, ''))
    : error;
