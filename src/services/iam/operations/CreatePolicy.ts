import type { CreatePolicyCommandInput, CreatePolicyCommandOutput } from '@aws-sdk/client-iam';
import { uniqueId } from '#lib/ids.ts';
import { managedPolicies } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { checkPolicyDocument } from '../documents.ts';
import { entityAlreadyExists } from '../errors.ts';
import { findByName } from '../find-by-name.ts';
import { iamArn } from '../iam-arn.ts';
import { policyAt } from '../managed-policies.ts';
import { checkQuota } from '../quotas.ts';
import { readTags } from '../tags.ts';
import { policyView } from '../views/policies.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html */
export const CreatePolicy: IamOperation<CreatePolicyCommandInput, CreatePolicyCommandOutput> = (ctx, input) => {
  const { account, clock, random } = ctx;
  const name = input.PolicyName!;
  const path = input.Path ?? '/';
  const arn = iamArn(account, 'policy', path, name);
  ctx.store.transact((tx) => {
    if (findByName(tx, managedPolicies, account, name))
      throw entityAlreadyExists(`A policy called ${name} already exists. Duplicate names are not allowed.`);
    checkPolicyDocument(input.PolicyDocument!, 'managed');
    checkQuota(tx, account, 'PoliciesPerAccount');
    const createdAt = clock.now();
    tx.insert(managedPolicies, {
      arn,
      account,
      path,
      name,
      id: uniqueId(random, 'ANPA'),
      ...(input.Description !== undefined && { description: input.Description }),
      createdAt,
      updatedAt: createdAt,
      defaultVersionId: 'v1',
      versions: [{ versionId: 'v1', document: input.PolicyDocument!, createdAt }],
      nextVersion: 2,
      tags: readTags(input.Tags),
    });
  });
  return { Policy: policyView(ctx.store, account, policyAt(ctx.store, account, arn), 'created') };
};
