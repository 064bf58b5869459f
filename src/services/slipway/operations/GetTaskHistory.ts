import type { SlipwayOperation } from '../context.ts';
import { noHistory } from '../errors.ts';
import { type EntryView, nextToken, type PageInput, toRange, viewEntry } from '../pages.ts';
import { toTaskArn } from '../resolve.ts';

export interface GetTaskHistoryInput extends PageInput {
  readonly task: string;
  readonly cluster?: string;
  readonly newestFirst?: boolean;
}

export interface GetTaskHistoryOutput {
  readonly taskArn: string;
  readonly entries: readonly EntryView[];
  readonly nextToken?: string;
}

/** Every change of one task, also long after it has left DescribeTasks. HistoryNotFoundException when there never was one. */
export const GetTaskHistory: SlipwayOperation<GetTaskHistoryInput, GetTaskHistoryOutput> = async (ctx, input) => {
  const taskArn = toTaskArn(ctx, input.cluster, input.task);
  const range = toRange(input, { usual: 100, most: 1_000 });
  const entries = await ctx.deps.history.entries(taskArn, range);
  if (entries.length === 0 && range.afterId === undefined) throw noHistory(`task ${taskArn}`);
  return { taskArn, entries: entries.map(viewEntry), ...nextToken(entries, range) };
};
