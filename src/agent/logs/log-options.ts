import type { ContainerView, TaskView } from '../task-engine/running-tasks.ts';
import type { LogDestination } from './log-sink.ts';

export interface ShippingOptions {
  readonly destination: LogDestination;
  readonly createGroup: boolean;
}

/**
 * From the container's log options. The control plane names the stream (`awslogs-stream`); without it the name is
 * `prefix/container/task-id` when there is a prefix, else the container's id, as Docker's driver has it.
 */
export function shippingOptions(task: TaskView, container: ContainerView, agentRegion: string): ShippingOptions {
  const { logOptions: options } = container;
  const prefix = options['awslogs-stream-prefix'];
  const stream =
    options['awslogs-stream'] ?? (prefix ? `${prefix}/${container.name}/${task.taskId}` : container.runtimeId!);
  const endpoint = options['awslogs-endpoint'];
  return {
    destination: {
      region: options['awslogs-region'] ?? agentRegion,
      group: options['awslogs-group'] ?? '',
      stream,
      ...(endpoint ? { endpoint } : {}),
      ...(container.logsWithExecutionRole ? { executionRoleOf: task.arn } : {}),
    },
    createGroup: options['awslogs-create-group'] === 'true',
  };
}
