/** The repairs of a check as the registry process asks for them. */
import type { Clock } from '#lib/clock.ts';
import type { Store } from '#store/store.ts';
import { createRepairs, type Repairs } from './repairs.ts';

type InputOf<K extends keyof Repairs> = Parameters<Repairs[K]>[0];

export function createRepairHandlers(deps: { readonly store: Store; readonly clock: Clock }) {
  let repairs: Repairs | undefined;
  const begun = (): Repairs => {
    if (!repairs) throw new Error('no check has begun');
    return repairs;
  };
  return {
    /** What is pushed from now on is left alone. */
    repairBegin: () => {
      repairs = createRepairs({ ...deps, startedAt: deps.clock.now() });
      return {};
    },
    repairUnlinkLost: (input: InputOf<'unlinkLost'>) => begun().unlinkLost(input),
    repairSetSize: (input: InputOf<'setSize'>) => begun().setSize(input),
    repairLink: (input: InputOf<'link'>) => begun().link(input),
    repairDeleteTag: (input: InputOf<'deleteTag'>) => begun().deleteTag(input),
  };
}

export type RepairHandlers = ReturnType<typeof createRepairHandlers>;
