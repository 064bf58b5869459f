/**
 * What each operation needs. Accounts belong to the administrator's account: nobody of another one can be permitted to
 * make or list them.
 */
import type { Permissions } from '#protocol/authorize.ts';
import type { SlipwayContext } from './context.ts';
import type { RemoveInstanceInput } from './operations/RemoveInstance.ts';

type Needs = Permissions<unknown, SlipwayContext>;

const onEverything: Needs = (ctx) => ({ action: `slipway:${ctx.operation}`, resource: '*' });
/** Blobs are shared by all accounts, so this is the administrator's, too. */
const onRegistry: Needs = (ctx) => ({
  action: `slipway:${ctx.operation}`,
  resource: `arn:aws:slipway::${ctx.deps.administratorAccount}:registry`,
});
const onAccounts: Needs = (ctx) => ({
  action: `slipway:${ctx.operation}`,
  resource: `arn:aws:slipway::${ctx.deps.administratorAccount}:account/*`,
});

export const permissions: Readonly<Record<string, Permissions>> = {
  CreateAccount: onAccounts,
  ExplainDenial: onEverything,
  ExplainPlacement: onEverything,
  GetInstanceCredentials: () => [],
  GetRegistryMaintenance: onRegistry,
  GetServiceHistory: onEverything,
  GetTaskHistory: onEverything,
  JoinInstance: onEverything,
  ListAccounts: onAccounts,
  ListServiceTaskHistories: onEverything,
  StartRegistryMaintenance: onRegistry,
  RemoveInstance: (ctx, { instanceId }: RemoveInstanceInput) => ({
    action: 'slipway:RemoveInstance',
    resource: `arn:aws:ec2:${ctx.region}:${ctx.account}:instance/${instanceId}`,
  }),
};
