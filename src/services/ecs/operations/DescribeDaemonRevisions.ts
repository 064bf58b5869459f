import type { DescribeDaemonRevisionsCommandInput, DescribeDaemonRevisionsCommandOutput } from '@aws-sdk/client-ecs';
import { daemonRevisions } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { checkArns, isInScope } from '../resolve-service-deployment.ts';
import { viewDaemonRevision } from '../views/daemon.ts';

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeDaemonRevisions.html (up to 20) */
export const DescribeDaemonRevisions: EcsOperation<
  DescribeDaemonRevisionsCommandInput,
  DescribeDaemonRevisionsCommandOutput
> = (ctx, input) => {
  const arns = checkArns(input.daemonRevisionArns, 'Daemon Revision Arns', 'daemon-revision');
  const found = arns.map((arn) => ({
    arn,
    row: isInScope(ctx, arn) ? ctx.store.get(daemonRevisions, arn) : undefined,
  }));
  return {
    daemonRevisions: found.flatMap(({ row }) => (row ? [viewDaemonRevision(row)] : [])),
    failures: found.flatMap(({ arn, row }) => (row ? [] : [{ arn, reason: 'MISSING' }])),
  };
};
