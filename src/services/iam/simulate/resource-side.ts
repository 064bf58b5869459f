/** What a simulation says of the resource: its policy, its owner, and who asks. */

import { invalidInput } from '../errors.ts';
import { inputSource, type Source } from './sources.ts';

interface ResourceInput {
  readonly ResourcePolicy?: string | undefined;
  readonly ResourceOwner?: string | undefined;
  readonly ResourceArns?: readonly string[] | undefined;
}

const ownerArn = /^arn:aws[a-z-]*:iam::(\d{12}):\S+$/;

export function resourceSide(input: ResourceInput, account: string) {
  const owner = input.ResourceOwner;
  const resourceAccount = owner === undefined ? account : /^\d{12}$/.test(owner) ? owner : ownerArn.exec(owner)?.[1];
  if (resourceAccount === undefined) throw invalidInput(`Invalid resource owner: ${owner}`);
  const text = input.ResourcePolicy;
  const resourcePolicy: Source | undefined =
    text === undefined ? undefined : inputSource('ResourcePolicy', 'Resource Policy', text, 'resource');
  const list = input.ResourceArns ?? [];
  const resources = list.length === 0 || (list.length === 1 && list[0] === '*') ? undefined : list;
  return { resourceAccount, resourcePolicy, resources };
}
