import type {
  RegisterDaemonTaskDefinitionCommandInput,
  RegisterDaemonTaskDefinitionCommandOutput,
} from '@aws-sdk/client-ecs';
import { daemonTaskDefinitionArn, scopeKey } from '#model/arn.ts';
import { daemonTaskDefinitionFamilies, taskDefinitions } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { enforceQuota } from '../quotas.ts';
import { newTags } from '../tags.ts';
import { checkDaemonTaskDefinition } from '../validate/daemon-task-definition.ts';

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterDaemonTaskDefinition.html */
export const RegisterDaemonTaskDefinition: EcsOperation<
  RegisterDaemonTaskDefinitionCommandInput,
  RegisterDaemonTaskDefinitionCommandOutput
> = (ctx, input) => {
  const scope = { account: ctx.account, region: ctx.region };
  const checked = checkDaemonTaskDefinition(scope, input);
  const { family } = checked;
  const tags = newTags(input.tags);
  const row = ctx.store.transact((tx) => {
    const key = `${scopeKey(scope)}/${family}`;
    const revision = (tx.get(daemonTaskDefinitionFamilies, key)?.lastRevision ?? 0) + 1;
    enforceQuota(ctx, 'revisions-per-family', revision);
    tx.put(daemonTaskDefinitionFamilies, { ...scope, key, family, lastRevision: revision });
    return tx.insert(taskDefinitions, {
      ...scope,
      ...checked,
      arn: daemonTaskDefinitionArn(scope, family, revision),
      revision,
      status: 'ACTIVE',
      registeredAt: ctx.clock.now(),
      registeredBy: ctx.principal.arn,
      tags,
    });
  });
  return { daemonTaskDefinitionArn: row.arn };
};
