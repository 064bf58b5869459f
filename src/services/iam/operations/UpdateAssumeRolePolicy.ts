import type { UpdateAssumeRolePolicyCommandInput, UpdateAssumeRolePolicyCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { checkTrustPolicy } from '../documents.ts';
import { roleKind } from '../identities.ts';
import { changeIdentity } from '../identity-policies.ts';

export const UpdateAssumeRolePolicy: IamOperation<
  UpdateAssumeRolePolicyCommandInput,
  UpdateAssumeRolePolicyCommandOutput
> = (ctx, input) => {
  changeIdentity(ctx, roleKind, input.RoleName!, (row, tx) => {
    checkTrustPolicy(tx, input.PolicyDocument!);
    return { ...row, assumeRolePolicyDocument: input.PolicyDocument! };
  });
  return {};
};
