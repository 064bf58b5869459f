import type { SubmitTaskStateChangeCommandInput, SubmitTaskStateChangeCommandOutput } from '@aws-sdk/client-ecs';
import { acknowledgment, submitReport, toTaskReport } from '../agent-reports.ts';
import type { EcsOperation } from '../context.ts';

/**
 * Called by agents only. The task's ARN says which task; `cluster` is the agent's configured name and is not looked at.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_SubmitTaskStateChange.html
 */
export const SubmitTaskStateChange: EcsOperation<
  SubmitTaskStateChangeCommandInput,
  SubmitTaskStateChangeCommandOutput
> = (ctx, input) => {
  submitReport(ctx, input.task, toTaskReport(input), input.attachments);
  return { acknowledgment };
};
