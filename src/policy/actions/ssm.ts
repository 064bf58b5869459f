/**
 * AWS Systems Manager, of which there is Parameter Store here: actions, resources and condition keys.
 *
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
 */
import type { ActionTable } from './table.ts';

const requestTags = ['aws:RequestTag/{TagKey}', 'aws:TagKeys'];

export const ssm: ActionTable = {
  prefix: 'ssm',
  resources: {
    parameter: {
      arn: 'arn:{Partition}:ssm:{Region}:{Account}:parameter/{ParameterNameWithoutLeadingSlash}',
      keys: ['aws:ResourceTag/{TagKey}', 'ssm:resourceTag/{TagKey}'],
    },
  },
  actions: {
    AddTagsToResource: { access: 'Tagging', on: ['parameter'], keys: requestTags },
    DeleteParameter: { access: 'Write', on: ['parameter*'] },
    DeleteParameters: { access: 'Write', on: ['parameter*'] },
    DeleteResourcePolicy: { access: 'Permissions management', on: ['parameter'] },
    DescribeParameters: { access: 'List' },
    GetParameter: { access: 'Read', on: ['parameter*'] },
    GetParameterHistory: { access: 'Read', on: ['parameter*'] },
    GetParameters: { access: 'Read', on: ['parameter*'] },
    GetParametersByPath: { access: 'Read', on: ['parameter*'], keys: ['ssm:Recursive'] },
    GetResourcePolicies: { access: 'List', on: ['parameter'] },
    LabelParameterVersion: { access: 'Write', on: ['parameter*'] },
    ListTagsForResource: { access: 'Read', on: ['parameter'] },
    PutParameter: {
      access: 'Write',
      on: ['parameter*'],
      keys: [...requestTags, 'ssm:Overwrite', 'ssm:Policies'],
      dependent: ['ssm:AddTagsToResource'],
    },
    PutResourcePolicy: { access: 'Permissions management', on: ['parameter'] },
    RemoveTagsFromResource: { access: 'Tagging', on: ['parameter'], keys: ['aws:TagKeys'] },
    UnlabelParameterVersion: { access: 'Write', on: ['parameter*'] },
  },
  unlisted: [],
};
