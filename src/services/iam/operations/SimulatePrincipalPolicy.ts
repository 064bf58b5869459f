import type { SimulatePrincipalPolicyCommandInput, SimulatePrincipalPolicyCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { pageOf } from '../paging.ts';
import { simulatedContext } from '../simulate/context-entries.ts';
import { excluding } from '../simulate/excluded.ts';
import { resourceSide } from '../simulate/resource-side.ts';
import { type Caller, simulate } from '../simulate/simulate.ts';
import { inputSources, type PrincipalSources, principalSources } from '../simulate/sources.ts';

/** A role is simulated as a session of it; a group as a user that is in it alone. */
function callerOf(account: string, { kind, row }: PrincipalSources): Caller {
  if (kind !== 'role') return { kind: 'user', account, arn: row.arn, userId: row.id };
  const arn = `arn:aws:sts::${account}:assumed-role/${row.name}/simulation`;
  return { kind: 'role-session', account, arn, roleArn: row.arn, roleId: row.id };
}

export const SimulatePrincipalPolicy: IamOperation<
  SimulatePrincipalPolicyCommandInput,
  SimulatePrincipalPolicyCommandOutput
> = (ctx, input) => {
  const { store, account, clock } = ctx;
  const principal = principalSources(store, account, input.PolicySourceArn!);
  const simulated = callerOf(account, principal);
  const caller: Caller =
    input.CallerArn === undefined
      ? simulated
      : { kind: 'user', account, arn: input.CallerArn, userId: principal.row.id };
  const [boundary] = inputSources('PermissionsBoundaryPolicyInputList', input.PermissionsBoundaryPolicyInputList);
  const { items, ...page } = pageOf(input, [...input.ActionNames!.entries()], ([i]) => String(i));
  const results = simulate({
    caller,
    identity: [
      ...excluding(principal.identity, input.PolicyExclusionList),
      ...inputSources('PolicyInputList', input.PolicyInputList),
    ],
    boundary: boundary ?? excluding([principal.boundary], input.PolicyExclusionList)[0],
    ...resourceSide(input, account),
    actions: items.map(([, action]) => action),
    context: simulatedContext(
      simulated,
      'tags' in principal.row ? principal.row.tags : undefined,
      input.ContextEntries,
      clock.now(),
    ),
  });
  return { EvaluationResults: results, ...page };
};
