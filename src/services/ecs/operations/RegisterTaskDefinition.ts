import type { RegisterTaskDefinitionCommandInput, RegisterTaskDefinitionCommandOutput } from '@aws-sdk/client-ecs';
import { type Scope, scopeKey, taskDefinitionArn } from '#model/arn.ts';
import type { TaskDefinitionRow } from '#model/rows.ts';
import type { Tx } from '#store/store.ts';
import { taskDefinitionFamilies, taskDefinitions } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { enforceQuota } from '../quotas.ts';
import { newTags } from '../tags.ts';
import { checkTaskDefinition } from '../validate/task-definition.ts';
import { viewTaskDefinition } from '../views/task-definition.ts';

function nextRevision(tx: Tx, scope: Scope, family: string): number {
  const key = `${scopeKey(scope)}/${family}`;
  const lastRevision = (tx.get(taskDefinitionFamilies, key)?.lastRevision ?? 0) + 1;
  tx.put(taskDefinitionFamilies, { ...scope, key, family, lastRevision });
  return lastRevision;
}

/**
 * Makes the family's next revision. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html
 */
export const RegisterTaskDefinition: EcsOperation<
  RegisterTaskDefinitionCommandInput,
  RegisterTaskDefinitionCommandOutput
> = (ctx, input) => {
  const scope = { account: ctx.account, region: ctx.region };
  const checked = checkTaskDefinition(scope, input);
  const tags = newTags(input.tags);
  const row = ctx.store.transact((tx) => {
    const revision = nextRevision(tx, scope, checked.family);
    enforceQuota(ctx, 'revisions-per-family', revision);
    const made: TaskDefinitionRow = {
      ...scope,
      ...checked,
      arn: taskDefinitionArn(scope, checked.family, revision),
      revision,
      status: 'ACTIVE',
      registeredAt: ctx.clock.now(),
      registeredBy: ctx.principal.arn,
      tags,
    };
    return tx.insert(taskDefinitions, made);
  });
  return { taskDefinition: viewTaskDefinition(row), ...(tags.length > 0 && { tags }) };
};
