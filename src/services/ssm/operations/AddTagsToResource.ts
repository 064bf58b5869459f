import type { AddTagsToResourceCommandInput, AddTagsToResourceCommandOutput } from '@aws-sdk/client-ssm';
import { parameters } from '#store/tables/secrets.ts';
import type { SsmOperation } from '../context.ts';
import { taggedParameter } from '../tagged-parameter.ts';
import { mergeTags } from '../tags.ts';

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_AddTagsToResource.html */
export const AddTagsToResource: SsmOperation<AddTagsToResourceCommandInput, AddTagsToResourceCommandOutput> = (
  ctx,
  input,
) => {
  const row = taggedParameter(ctx, input);
  const tags = mergeTags(row.tags, input.Tags);
  ctx.store.transact((tx) => tx.put(parameters, { ...row, tags }));
  return {};
};
