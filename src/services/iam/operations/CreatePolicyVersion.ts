import type { CreatePolicyVersionCommandInput, CreatePolicyVersionCommandOutput } from '@aws-sdk/client-iam';
import type { PolicyVersion } from '#model/iam.ts';
import { managedPolicies } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { checkPolicyDocument } from '../documents.ts';
import { limitExceeded, noSuchEntity } from '../errors.ts';
import { customerPolicy, findPolicy, policyAt } from '../managed-policies.ts';
import { versionView } from '../views/policies.ts';

const versionLimit = 5;

export const CreatePolicyVersion: IamOperation<CreatePolicyVersionCommandInput, CreatePolicyVersionCommandOutput> = (
  ctx,
  input,
) => {
  const arn = input.PolicyArn!;
  const createdAt = ctx.clock.now();
  const version = ctx.store.transact((tx) => {
    if (!findPolicy(tx, ctx.account, arn)) throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);
    const row = customerPolicy(ctx, tx, arn);
    checkPolicyDocument(input.PolicyDocument!, 'managed');
    if (row.versions.length >= versionLimit) {
      throw limitExceeded(
        `A managed policy can have up to ${versionLimit} versions. Before you create a new version, you must delete an existing version.`,
      );
    }
    const made: PolicyVersion = { versionId: `v${row.nextVersion}`, document: input.PolicyDocument!, createdAt };
    tx.put(managedPolicies, {
      ...row,
      versions: [...row.versions, made],
      nextVersion: row.nextVersion + 1,
      updatedAt: createdAt,
      ...(input.SetAsDefault && { defaultVersionId: made.versionId }),
    });
    return made;
  });
  return { PolicyVersion: versionView(policyAt(ctx.store, ctx.account, arn), version, false) };
};
