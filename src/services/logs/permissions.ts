/**
 * What each operation needs. CloudWatch Logs names a group in permissions as all of its streams
 * (`log-group:<name>:log-stream:<stream or nothing>`), so a policy's resource ends in `:*`; only the operations on tags
 * by ARN name the group itself. https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
 */
import type { Permission, Permissions } from '#protocol/authorize.ts';
import { logGroups } from '#store/tables/logs.ts';
import type { LogsContext } from './context.ts';
import { logGroupArn, logStreamArn } from './resolve.ts';

interface Input {
  readonly logGroupName?: string;
  readonly logGroupIdentifier?: string;
  readonly logStreamName?: string;
  readonly resourceArn?: string;
  readonly tags?: Readonly<Record<string, string>> | readonly string[];
  readonly tagKeys?: readonly string[];
}
type Needs = Permissions<Input, LogsContext>;

function groupOf(ctx: LogsContext, input: Input): string {
  const given = input.logGroupName ?? input.logGroupIdentifier ?? '';
  return given.startsWith('arn:') ? given.replace(/:\*$/, '') : logGroupArn(ctx, given);
}

function on(ctx: LogsContext, group: string, resource: string, more: Partial<Permission> = {}): Permission {
  return { action: `logs:${ctx.operation}`, resource, resourceTags: ctx.store.get(logGroups, group)?.tags, ...more };
}

const onStream: Needs = (ctx, input) => {
  const group = groupOf(ctx, input);
  return on(ctx, group, logStreamArn(group, input.logStreamName ?? ''));
};
const onGroup: Needs = (ctx, input) => {
  const group = groupOf(ctx, input);
  return on(ctx, group, logStreamArn(group, ''));
};
const onAnyGroup: Needs = (ctx) => on(ctx, '', logStreamArn(logGroupArn(ctx, ''), ''));

const requestTagsOf = ({ tags }: Input) =>
  tags && !Array.isArray(tags) ? (tags as Readonly<Record<string, string>>) : undefined;
const removedKeys = (input: Input) => input.tagKeys ?? (Array.isArray(input.tags) ? input.tags : []);

/** The older operations name a group, the newer ones its ARN. */
const tagged =
  (more: (input: Input) => Partial<Permission>): Needs =>
  (ctx, input) => {
    const group = input.resourceArn?.replace(/:\*$/, '');
    return group === undefined
      ? { ...(onGroup(ctx, input) as Permission), ...more(input) }
      : on(ctx, group, group, more(input));
  };
const onTags = tagged(() => ({}));
const setTags = tagged((input) => ({ requestTags: requestTagsOf(input) ?? {} }));
const removeTags = tagged((input) => ({ keys: { 'aws:TagKeys': removedKeys(input) } }));

const createGroup: Needs = (ctx, input) => {
  const requestTags = requestTagsOf(input);
  const create = { ...(onGroup(ctx, input) as Permission), requestTags };
  if (!requestTags) return create;
  return [create, { action: 'logs:TagResource', resource: groupOf(ctx, input), requestTags }];
};

export const permissions: Readonly<Record<string, Needs>> = {
  CreateLogGroup: createGroup,
  CreateLogStream: onStream,
  DeleteLogGroup: onGroup,
  DeleteLogStream: onStream,
  DeleteRetentionPolicy: onGroup,
  DescribeLogGroups: onAnyGroup,
  DescribeLogStreams: onGroup,
  FilterLogEvents: onGroup,
  GetLogEvents: onStream,
  ListTagsForResource: onTags,
  ListTagsLogGroup: onTags,
  PutLogEvents: onStream,
  PutLogGroupDeletionProtection: onGroup,
  PutRetentionPolicy: onGroup,
  TagLogGroup: setTags,
  TagResource: setTags,
  UntagLogGroup: removeTags,
  UntagResource: removeTags,
};
