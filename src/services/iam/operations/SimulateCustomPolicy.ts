import type { SimulateCustomPolicyCommandInput, SimulateCustomPolicyCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { invalidInput } from '../errors.ts';
import { pageOf } from '../paging.ts';
import { simulatedContext } from '../simulate/context-entries.ts';
import { resourceSide } from '../simulate/resource-side.ts';
import { type Caller, simulate } from '../simulate/simulate.ts';
import { inputSource, inputSources } from '../simulate/sources.ts';

const userArn = /^arn:aws:iam::(\d{12}):user\/\S+$/;

export const SimulateCustomPolicy: IamOperation<SimulateCustomPolicyCommandInput, SimulateCustomPolicyCommandOutput> = (
  ctx,
  input,
) => {
  const { account, clock } = ctx;
  const callerAccount = input.CallerArn === undefined ? account : userArn.exec(input.CallerArn)?.[1];
  if (callerAccount === undefined) throw invalidInput(`Invalid caller ARN: ${input.CallerArn}`);
  if (input.ResourcePolicy !== undefined && input.CallerArn === undefined)
    throw invalidInput('A caller ARN is required when a resource policy is given.');
  const caller: Caller = {
    kind: 'user',
    account: callerAccount,
    arn: input.CallerArn ?? `arn:aws:iam::${account}:user/simulation`,
    userId: '',
  };
  const [boundary] = inputSources('PermissionsBoundaryPolicyInputList', input.PermissionsBoundaryPolicyInputList);
  const { items, ...page } = pageOf(input, [...input.ActionNames!.entries()], ([i]) => String(i));
  const results = simulate({
    caller,
    identity: inputSources('PolicyInputList', input.PolicyInputList),
    boundary,
    organization: input.OrderedOrganizationPolicyInputList?.map((level, i) =>
      (level.ServiceControlPolicyInputList ?? []).map((text, j) =>
        inputSource(`ServiceControlPolicyInputList.${i + 1}.${j + 1}`, 'IAM Policy', text, 'identity'),
      ),
    ),
    ...resourceSide(input, account),
    actions: items.map(([, action]) => action),
    context: simulatedContext(
      input.CallerArn === undefined ? undefined : caller,
      undefined,
      input.ContextEntries,
      clock.now(),
    ),
  });
  return { EvaluationResults: results, ...page };
};
