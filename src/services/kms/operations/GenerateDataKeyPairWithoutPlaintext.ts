import type {
  GenerateDataKeyPairWithoutPlaintextCommandInput,
  GenerateDataKeyPairWithoutPlaintextCommandOutput,
} from '@aws-sdk/client-kms';
import type { KmsOperation } from '../context.ts';
import { GenerateDataKeyPair } from './GenerateDataKeyPair.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyPairWithoutPlaintext.html */
export const GenerateDataKeyPairWithoutPlaintext: KmsOperation<
  GenerateDataKeyPairWithoutPlaintextCommandInput,
  GenerateDataKeyPairWithoutPlaintextCommandOutput
> = async (ctx, input) => {
  const { PrivateKeyPlaintext: _, ...rest } = await GenerateDataKeyPair(ctx, input);
  return rest;
};
