import type {
  ListPullTimeUpdateExclusionsCommandInput,
  ListPullTimeUpdateExclusionsCommandOutput,
} from '@aws-sdk/client-ecr';
import { paginateList } from '#images/api/pagination.ts';
import type { EcrOperation } from '../context.ts';
import { findRegistry } from '../resolve.ts';

const same = (text: string) => text;

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListPullTimeUpdateExclusions.html */
export const ListPullTimeUpdateExclusions: EcrOperation<
  ListPullTimeUpdateExclusionsCommandInput,
  ListPullTimeUpdateExclusionsCommandOutput
> = (ctx, input) => {
  const arns = (findRegistry(ctx.store, ctx).pullTimeExclusions ?? []).map((one) => one.principalArn).sort();
  const page = paginateList(input, arns, same, same);
  return { pullTimeUpdateExclusions: page.items, ...(page.nextToken !== undefined && { nextToken: page.nextToken }) };
};
