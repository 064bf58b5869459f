/** A replication that has ended, told in its destination: one event for each tag that was to be there, else one without a tag. */
import type { ReplicationRow } from '#model/replication.ts';
import { type EventDraft, type Folded, repositoryOf } from './draft.ts';

export function replicationEvents({ before, after }: Folded<ReplicationRow>): EventDraft[] {
  const source = after && repositoryOf(after.repositoryArn);
  if (!source || before?.status !== 'IN_PROGRESS' || after.status === 'IN_PROGRESS') return [];
  const { region, registryId: account } = after.destination;
  const target = source.arn.replace(`:${source.region}:${source.account}:`, `:${region}:${account}:`);
  const detail = {
    result: after.status === 'COMPLETE' ? 'SUCCESS' : 'FAILED',
    'repository-name': source.name,
    'image-digest': after.digest,
    'source-account': source.account,
    'action-type': 'REPLICATE',
    'source-region': source.region,
  };
  const event = { source: 'aws.ecr', detailType: 'ECR Replication Action', account, region, resources: [target] };
  if (before.tags.length === 0) return [{ ...event, detail }];
  return before.tags.map((tag) => ({ ...event, detail: { ...detail, 'image-tag': tag } }));
}
