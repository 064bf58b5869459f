import type { SlipwayOperation } from '../context.ts';
import { noHistory } from '../errors.ts';
import { type EntryView, nextToken, type PageInput, toRange, viewEntry } from '../pages.ts';
import { toServiceArn } from '../resolve.ts';

export interface GetServiceHistoryInput extends PageInput {
  readonly service: string;
  readonly cluster?: string;
  readonly newestFirst?: boolean;
}

export interface GetServiceHistoryOutput {
  readonly serviceArn: string;
  readonly entries: readonly EntryView[];
  readonly nextToken?: string;
}

/** Every change and event of one service, deleted ones included. */
export const GetServiceHistory: SlipwayOperation<GetServiceHistoryInput, GetServiceHistoryOutput> = async (
  ctx,
  input,
) => {
  const serviceArn = toServiceArn(ctx, input.cluster, input.service);
  const range = toRange(input, { usual: 100, most: 1_000 });
  const entries = await ctx.deps.history.entries(serviceArn, range);
  if (entries.length === 0 && range.afterId === undefined) throw noHistory(`service ${serviceArn}`);
  return { serviceArn, entries: entries.map(viewEntry), ...nextToken(entries, range) };
};
