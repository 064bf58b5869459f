/** Every operation of CloudWatch Logs that is implemented; the others are refused by the protocol room. */
import type { Handler } from '#protocol/service.ts';
import { CreateLogGroup } from './operations/CreateLogGroup.ts';
import { CreateLogStream } from './operations/CreateLogStream.ts';
import { DeleteLogGroup } from './operations/DeleteLogGroup.ts';
import { DeleteLogStream } from './operations/DeleteLogStream.ts';
import { DeleteRetentionPolicy } from './operations/DeleteRetentionPolicy.ts';
import { DescribeLogGroups } from './operations/DescribeLogGroups.ts';
import { DescribeLogStreams } from './operations/DescribeLogStreams.ts';
import { FilterLogEvents } from './operations/FilterLogEvents.ts';
import { GetLogEvents } from './operations/GetLogEvents.ts';
import { ListTagsForResource } from './operations/ListTagsForResource.ts';
import { ListTagsLogGroup } from './operations/ListTagsLogGroup.ts';
import { PutLogEvents } from './operations/PutLogEvents.ts';
import { PutLogGroupDeletionProtection } from './operations/PutLogGroupDeletionProtection.ts';
import { PutRetentionPolicy } from './operations/PutRetentionPolicy.ts';
import { TagLogGroup } from './operations/TagLogGroup.ts';
import { TagResource } from './operations/TagResource.ts';
import { UntagLogGroup } from './operations/UntagLogGroup.ts';
import { UntagResource } from './operations/UntagResource.ts';

export const handlers: Readonly<Record<string, Handler>> = {
  CreateLogGroup,
  CreateLogStream,
  DeleteLogGroup,
  DeleteLogStream,
  DeleteRetentionPolicy,
  DescribeLogGroups,
  DescribeLogStreams,
  FilterLogEvents,
  GetLogEvents,
  ListTagsForResource,
  ListTagsLogGroup,
  PutLogEvents,
  PutLogGroupDeletionProtection,
  PutRetentionPolicy,
  TagLogGroup,
  TagResource,
  UntagLogGroup,
  UntagResource,
};
