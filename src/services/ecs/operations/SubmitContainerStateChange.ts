import type {
  SubmitContainerStateChangeCommandInput,
  SubmitContainerStateChangeCommandOutput,
} from '@aws-sdk/client-ecs';
import { acknowledgment, submitReport, toContainerReport } from '../agent-reports.ts';
import type { EcsOperation } from '../context.ts';

/**
 * Called by agents only, older ones: a report about one container.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_SubmitContainerStateChange.html
 */
export const SubmitContainerStateChange: EcsOperation<
  SubmitContainerStateChangeCommandInput,
  SubmitContainerStateChangeCommandOutput
> = (ctx, input) => {
  submitReport(ctx, input.task, { containers: [toContainerReport(input)] });
  return { acknowledgment };
};
