import type {
  Attachment,
  AttachmentStateChange,
  SubmitAttachmentStateChangesCommandInput,
  SubmitAttachmentStateChangesCommandOutput,
} from '@aws-sdk/client-ecs';
import { lastSegment, parseArn } from '#model/arn.ts';
import { containerInstances } from '#store/tables/ecs.ts';
import { acknowledgment } from '../agent-reports.ts';
import type { EcsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { toClusterArn } from '../resolve.ts';

function moved(
  attachments: readonly Attachment[],
  changes: readonly AttachmentStateChange[],
): Attachment[] | undefined {
  const next = attachments.map((attachment) => {
    const change = changes.find((one) => lastSegment(one.attachmentArn!) === attachment.id);
    return change && change.status !== attachment.status ? { ...attachment, status: change.status } : attachment;
  });
  return next.some((attachment, i) => attachment !== attachments[i]) ? next : undefined;
}

/**
 * Called by agents only: states of what is attached to instances. Attachments that are not known are acknowledged.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_SubmitAttachmentStateChanges.html
 */
export const SubmitAttachmentStateChanges: EcsOperation<
  SubmitAttachmentStateChangesCommandInput,
  SubmitAttachmentStateChangesCommandOutput
> = (ctx, input) => {
  const changes = input.attachments ?? [];
  for (const { attachmentArn, status } of changes) {
    if (!attachmentArn || !parseArn(attachmentArn)) throw invalidParameter(`Invalid attachment: ${attachmentArn}`);
    if (!status) throw invalidParameter('Attachment status can not be blank.');
  }
  ctx.store.transact((tx) => {
    for (const row of [...tx.find(containerInstances, 'byCluster', toClusterArn(ctx, input.cluster))]) {
      const attachments = moved(row.attachments, changes);
      if (attachments) tx.put(containerInstances, { ...row, attachments, version: row.version + 1 });
    }
  });
  return { acknowledgment };
};
