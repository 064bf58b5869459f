import type { SlipwayOperation } from '../context.ts';
import { nextToken, type PageInput, toRange } from '../pages.ts';
import { toServiceArn } from '../resolve.ts';

export interface ListServiceTaskHistoriesInput extends PageInput {
  readonly service: string;
  readonly cluster?: string;
}

export interface ListServiceTaskHistoriesOutput {
  readonly serviceArn: string;
  readonly tasks: readonly Readonly<Record<string, unknown>>[];
  readonly nextToken?: string;
}

const times = ['createdAt', 'startedAt', 'stoppedAt'] as const;

/** The tasks that a service has had, newest first, each as it last was. */
export const ListServiceTaskHistories: SlipwayOperation<
  ListServiceTaskHistoriesInput,
  ListServiceTaskHistoriesOutput
> = async (ctx, input) => {
  const serviceArn = toServiceArn(ctx, input.cluster, input.service);
  const range = toRange(input, { usual: 20, most: 100 });
  const found = await ctx.deps.history.tasksOfService(serviceArn, range);
  const tasks = found.map(({ arn, state }) => {
    const task: Record<string, unknown> = { ...state, taskArn: arn };
    for (const name of times) if (typeof state[name] === 'number') task[name] = new Date(state[name]);
    return task;
  });
  return { serviceArn, tasks, ...nextToken(found, range) };
};
