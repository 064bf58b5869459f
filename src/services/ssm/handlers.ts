/** Every operation of Parameter Store; the rest of Systems Manager is refused by the protocol room. */
import type { Handler } from '#protocol/service.ts';
import { AddTagsToResource } from './operations/AddTagsToResource.ts';
import { DeleteParameter } from './operations/DeleteParameter.ts';
import { DeleteParameters } from './operations/DeleteParameters.ts';
import { DeleteResourcePolicy } from './operations/DeleteResourcePolicy.ts';
import { DescribeParameters } from './operations/DescribeParameters.ts';
import { GetParameter } from './operations/GetParameter.ts';
import { GetParameterHistory } from './operations/GetParameterHistory.ts';
import { GetParameters } from './operations/GetParameters.ts';
import { GetParametersByPath } from './operations/GetParametersByPath.ts';
import { GetResourcePolicies } from './operations/GetResourcePolicies.ts';
import { LabelParameterVersion } from './operations/LabelParameterVersion.ts';
import { ListTagsForResource } from './operations/ListTagsForResource.ts';
import { PutParameter } from './operations/PutParameter.ts';
import { PutResourcePolicy } from './operations/PutResourcePolicy.ts';
import { RemoveTagsFromResource } from './operations/RemoveTagsFromResource.ts';
import { UnlabelParameterVersion } from './operations/UnlabelParameterVersion.ts';

export const handlers: Readonly<Record<string, Handler>> = {
  AddTagsToResource,
  DeleteParameter,
  DeleteParameters,
  DeleteResourcePolicy,
  DescribeParameters,
  GetParameter,
  GetParameterHistory,
  GetParameters,
  GetParametersByPath,
  GetResourcePolicies,
  LabelParameterVersion,
  ListTagsForResource,
  PutParameter,
  PutResourcePolicy,
  RemoveTagsFromResource,
  UnlabelParameterVersion,
};
