/**
 * What agents report, applied to the store. A report about a task that we do not know (any more), a late one and a
 * repeated one are acknowledged like every other: agents repeat for ever what is refused. Only nonsense is refused.
 */
import type {
  Attachment,
  AttachmentStateChange,
  ContainerStateChange,
  SubmitTaskStateChangeCommandInput,
} from '@aws-sdk/client-ecs';
import { speaksFor } from '#auth/instances.ts';
import { sharedText } from '#lib/shared-text.ts';
import { lastSegment, parseArn } from '#model/arn.ts';
import type { TaskRow } from '#model/rows.ts';
import { containerStatuses, taskStatuses } from '#model/task-status.ts';
import { applyReport, type ContainerReport, type TaskReport } from '#model/task-transition.ts';
import type { Tx } from '#store/store.ts';
import { containerInstances, tasks } from '#store/tables/ecs.ts';
import type { EcsContext } from './context.ts';
import { invalidParameter } from './errors.ts';

export const acknowledgment = 'ok';

function checkTaskArn(arn: string | undefined): string {
  if (!arn) throw invalidParameter('Task can not be blank.');
  const parsed = parseArn(arn);
  if (parsed?.service !== 'ecs' || !parsed.resource.startsWith('task/')) throw invalidParameter(`Invalid task: ${arn}`);
  return arn;
}

function checkStatus(status: string | undefined, known: readonly string[]): string | undefined {
  if (!status) return undefined;
  if (!known.includes(status)) throw invalidParameter(`Invalid status: ${status}`);
  return status;
}

export function toContainerReport(change: ContainerStateChange): ContainerReport {
  if (!change.containerName) throw invalidParameter('Container name can not be blank.');
  return {
    containerName: change.containerName,
    status: checkStatus(change.status, containerStatuses),
    runtimeId: change.runtimeId,
    exitCode: change.exitCode,
    reason: change.reason,
    imageDigest: change.imageDigest && sharedText(change.imageDigest),
    networkBindings: change.networkBindings,
  };
}

export function toTaskReport(input: SubmitTaskStateChangeCommandInput): TaskReport {
  return {
    status: checkStatus(input.status, taskStatuses),
    reason: input.reason,
    containers: (input.containers ?? []).map(toContainerReport),
    pullStartedAt: input.pullStartedAt?.getTime(),
    pullStoppedAt: input.pullStoppedAt?.getTime(),
    executionStoppedAt: input.executionStoppedAt?.getTime(),
  };
}

function withAttachmentStates(task: TaskRow, changes: readonly AttachmentStateChange[]): TaskRow {
  let changed = false;
  const attachments = task.attachments.map((attachment): Attachment => {
    const change = changes.find((one) => one.attachmentArn && lastSegment(one.attachmentArn) === attachment.id);
    if (!change?.status || change.status === attachment.status || attachment.status === 'DELETED') return attachment;
    changed = true;
    return { ...attachment, status: change.status };
  });
  return changed ? { ...task, attachments, version: task.version + 1 } : task;
}

/** Applies a report to its task, in one transaction. Tasks of other accounts and regions are not found. */
export function submitReport(
  ctx: EcsContext,
  task: string | undefined,
  report: TaskReport,
  attachments: readonly AttachmentStateChange[] = [],
): void {
  const arn = checkTaskArn(task);
  ctx.store.transact((tx: Tx) => {
    const row = tx.get(tasks, arn);
    if (!row || row.account !== ctx.account || row.region !== ctx.region) {
      ctx.logger.info('a report about a task that is not known', { taskArn: arn, status: report.status });
      return;
    }
    const instance = row.containerInstanceArn && tx.get(containerInstances, row.containerInstanceArn);
    if (instance && !speaksFor(ctx.principal, instance.ec2InstanceId)) {
      ctx.logger.warn("a report about another instance's task", { taskArn: arn, by: ctx.principal.arn });
      return;
    }
    const next = withAttachmentStates(applyReport(row, report, ctx.clock.now()), attachments);
    if (next !== row) tx.put(tasks, next);
  });
}
