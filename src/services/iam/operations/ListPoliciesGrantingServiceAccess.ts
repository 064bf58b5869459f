import type {
  ListPoliciesGrantingServiceAccessCommandInput,
  ListPoliciesGrantingServiceAccessCommandOutput,
  PolicyGrantingServiceAccess,
} from '@aws-sdk/client-iam';
import { glob, matches } from '#policy/glob.ts';
import type { IamOperation } from '../context.ts';
import { pageOf } from '../paging.ts';
import { statementsOf } from '../simulate/context-keys.ts';
import { principalSources, type Source } from '../simulate/sources.ts';

const listOf = (value: unknown): string[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value as string];

/** Whether a statement allows any action of the service. */
function grants(source: Source, namespace: string): boolean {
  return statementsOf(source.text).some((statement) => {
    if (statement['Effect'] !== 'Allow') return false;
    if (statement['NotAction'] !== undefined) return !listOf(statement['NotAction']).includes(`${namespace}:*`);
    return listOf(statement['Action']).some((action) => {
      const vendor = action.split(':', 1)[0]!.toLowerCase();
      return matches(glob(vendor, 'text'), namespace.toLowerCase());
    });
  });
}

function view({ name, arn, inline }: Source): PolicyGrantingServiceAccess {
  if (arn !== undefined) return { PolicyName: name, PolicyType: 'MANAGED', PolicyArn: arn };
  const entityType = inline!.of.toUpperCase() as 'USER' | 'GROUP' | 'ROLE';
  return { PolicyName: inline!.policyName, PolicyType: 'INLINE', EntityType: entityType, EntityName: inline!.name };
}

export const ListPoliciesGrantingServiceAccess: IamOperation<
  ListPoliciesGrantingServiceAccessCommandInput,
  ListPoliciesGrantingServiceAccessCommandOutput
> = (ctx, input) => {
  const { identity } = principalSources(ctx.store, ctx.account, input.Arn!);
  const { items, ...page } = pageOf(input, input.ServiceNamespaces!, (namespace) => namespace);
  return {
    PoliciesGrantingServiceAccess: items.map((namespace) => ({
      ServiceNamespace: namespace,
      Policies: identity.filter((source) => grants(source, namespace)).map(view),
    })),
    ...page,
  };
};
