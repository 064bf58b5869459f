/** A check in the process that has the bytes, which asks the control plane for what it repairs. */
import type { ReplicaView } from '#store/replica-view.ts';
import type { LeasedBlobStore } from '../blob-store/leases.ts';
import type { Remote } from '../process/rpc.ts';
import { Check, type CheckReport } from './check.ts';
import type { RepairHandlers } from './repair-handlers.ts';

export function createCheckHandlers(deps: {
  readonly blobs: LeasedBlobStore;
  readonly view: ReplicaView;
  /** Asked when a check begins: it is made after these handlers. */
  readonly control: () => Remote<RepairHandlers>;
}) {
  const { blobs, view } = deps;
  let running: Check | undefined;
  return {
    /** Resolves when all is checked. One at a time. */
    check: async ({ repair }: { readonly repair: boolean }): Promise<CheckReport> => {
      if (running) throw new Error('a check is going on already');
      await view.ready;
      const control = deps.control();
      const repairs = repair && {
        repairs: {
          unlinkLost: control.repairUnlinkLost,
          setSize: control.repairSetSize,
          link: control.repairLink,
          deleteTag: control.repairDeleteTag,
        },
        discard: blobs.discard,
      };
      if (repair) await control.repairBegin(undefined as never);
      running = new Check({ view, blobs, ...(repairs || {}) });
      try {
        return await running.run();
      } finally {
        running = undefined;
      }
    },
    /** Undefined when none is going on. */
    checkProgress: (): CheckReport | undefined => running && { ...running.report, problems: [] },
  };
}

export type CheckHandlers = ReturnType<typeof createCheckHandlers>;
