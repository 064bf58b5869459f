/** A scan that has findings, or has failed. https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-enhanced-events.html */
import type { ImageScanRow } from '#model/image-scan.ts';
import type { View } from '#store/store.ts';
import { imageTags } from '#store/tables/ecr.ts';
import { type EventDraft, type Folded, repositoryOf } from './draft.ts';

export function scanEvent(view: View, { before, after }: Folded<ImageScanRow>): EventDraft | undefined {
  const repository = after && repositoryOf(after.repositoryArn);
  if (!repository) return undefined;
  const { result, failure } = after;
  const hasResult = result !== undefined && result.completedAt !== before?.result?.completedAt;
  const hasFailed = failure !== undefined && failure.at !== before?.failure?.at;
  if (!hasResult && !hasFailed) return undefined;
  const { account, region, arn, name } = repository;
  const tags = Array.from(view.find(imageTags, 'byImage', after.key), (tag) => tag.tag);
  const common = { 'image-digest': after.digest, 'image-tags': tags };
  const envelope = { account, region, resources: [arn] };
  if (after.scanType === 'BASIC') {
    const status = hasResult ? 'COMPLETE' : failure!.kind;
    const counts = hasResult ? { ...result.counts } : {};
    const detail = {
      'scan-status': status,
      'repository-name': name,
      'finding-severity-counts': counts,
      ...common,
    };
    return { ...envelope, source: 'aws.ecr', detailType: 'ECR Image Scan', detail };
  }
  if (!hasResult || before?.result) return undefined;
  const total = Object.values(result.counts).reduce((sum, count) => sum + count, 0);
  const detail = {
    'scan-status': 'INITIAL_SCAN_COMPLETE',
    'repository-name': arn,
    'finding-severity-counts': { ...result.counts, TOTAL: total },
    ...common,
  };
  return { ...envelope, source: 'aws.inspector2', detailType: 'Inspector2 Scan', detail };
}
