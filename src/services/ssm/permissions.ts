/**
 * What each operation of Parameter Store needs. Use of the key of a SecureString is asked for where the key is known
 * (`values.ts`).
 */
import type {
  AddTagsToResourceCommandInput,
  GetParametersByPathCommandInput,
  GetParametersCommandInput,
  PutParameterCommandInput,
  PutResourcePolicyCommandInput,
  RemoveTagsFromResourceCommandInput,
} from '@aws-sdk/client-ssm';
import type { Permission, Permissions } from '#protocol/authorize.ts';
import type { SsmContext } from './context.ts';
import { parameterArn, parseName } from './names.ts';
import { findNamed } from './parameters.ts';
import { publicParameter } from './public-parameters.ts';
import { tagsOf } from './tags.ts';

function on(ctx: SsmContext, name: string | undefined, { keys, ...more }: Partial<Permission> = {}): Permission {
  const action = `ssm:${ctx.operation}`;
  const named = parseName(ctx, name ?? '');
  const row = findNamed(ctx, named);
  if (!row) {
    const first = named?.names[0] ?? name ?? '';
    const resource = publicParameter(ctx.region, first)?.arn ?? parameterArn(named ?? ctx, first);
    return { action, resource, ...more, keys: keys ?? {} };
  }
  const { arn, resourcePolicy } = row;
  return {
    action,
    resource: arn,
    resourceTags: row.tags,
    ...(resourcePolicy && { resourcePolicy: { name: `resource policy of ${arn}`, document: resourcePolicy.document } }),
    ...more,
    keys: keys ?? {},
  };
}

const onName: Permissions<{ readonly Name?: string }, SsmContext> = (ctx, input) => on(ctx, input.Name);
const onNames: Permissions<GetParametersCommandInput, SsmContext> = (ctx, input) =>
  (input.Names ?? []).map((name) => on(ctx, name));
const onArn: Permissions<PutResourcePolicyCommandInput, SsmContext> = (ctx, input) => on(ctx, input.ResourceArn);

export const permissions: Readonly<Record<string, Permissions>> = {
  GetParameter: onName,
  GetParameterHistory: onName,
  DeleteParameter: onName,
  LabelParameterVersion: onName,
  UnlabelParameterVersion: onName,
  GetParameters: onNames,
  DeleteParameters: onNames,
  PutResourcePolicy: onArn,
  GetResourcePolicies: onArn,
  DeleteResourcePolicy: onArn,
  GetParametersByPath: (ctx: SsmContext, input: GetParametersByPathCommandInput) => ({
    action: 'ssm:GetParametersByPath',
    resource: parameterArn(ctx, input.Path ?? ''),
    keys: { 'ssm:Recursive': String(input.Recursive ?? false) },
  }),
  PutParameter: (ctx: SsmContext, input: PutParameterCommandInput) => {
    const requestTags = tagsOf(input.Tags);
    const put = on(ctx, input.Name, {
      requestTags,
      keys: {
        'ssm:Overwrite': String(input.Overwrite ?? false),
        ...(input.Policies !== undefined && { 'ssm:Policies': input.Policies }),
      },
    });
    return input.Tags?.length ? [put, on(ctx, input.Name, { action: 'ssm:AddTagsToResource', requestTags })] : put;
  },
  AddTagsToResource: (ctx: SsmContext, input: AddTagsToResourceCommandInput) =>
    on(ctx, input.ResourceId, { requestTags: tagsOf(input.Tags) }),
  RemoveTagsFromResource: (ctx: SsmContext, input: RemoveTagsFromResourceCommandInput) =>
    on(ctx, input.ResourceId, { keys: { 'aws:TagKeys': input.TagKeys ?? [] } }),
  ListTagsForResource: (ctx: SsmContext, input: AddTagsToResourceCommandInput) => on(ctx, input.ResourceId),
};
