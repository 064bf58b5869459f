import type {
  GetContextKeysForPrincipalPolicyCommandInput,
  GetContextKeysForPrincipalPolicyCommandOutput,
} from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { keysOfDocuments } from '../simulate/context-keys.ts';
import { inputSources, principalSources } from '../simulate/sources.ts';

export const GetContextKeysForPrincipalPolicy: IamOperation<
  GetContextKeysForPrincipalPolicyCommandInput,
  GetContextKeysForPrincipalPolicyCommandOutput
> = (ctx, input) => {
  const { identity, boundary } = principalSources(ctx.store, ctx.account, input.PolicySourceArn!);
  const sources = [
    ...identity,
    ...(boundary ? [boundary] : []),
    ...inputSources('PolicyInputList', input.PolicyInputList),
  ];
  return { ContextKeyNames: keysOfDocuments(sources.map((one) => one.text)) };
};
