import type {
  GetContextKeysForCustomPolicyCommandInput,
  GetContextKeysForCustomPolicyCommandOutput,
} from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { keysOfDocuments } from '../simulate/context-keys.ts';
import { inputSources } from '../simulate/sources.ts';

export const GetContextKeysForCustomPolicy: IamOperation<
  GetContextKeysForCustomPolicyCommandInput,
  GetContextKeysForCustomPolicyCommandOutput
> = (_, input) => ({
  ContextKeyNames: keysOfDocuments(inputSources('PolicyInputList', input.PolicyInputList).map((one) => one.text)),
});
