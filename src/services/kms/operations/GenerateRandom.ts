import type { GenerateRandomCommandInput, GenerateRandomCommandOutput } from '@aws-sdk/client-kms';
import { Constraints } from '#protocol/constraints.ts';
import { refuseRecipient } from '../check.ts';
import type { KmsOperation } from '../context.ts';
import { unsupported, validation } from '../errors.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateRandom.html */
export const GenerateRandom: KmsOperation<GenerateRandomCommandInput, GenerateRandomCommandOutput> = (ctx, input) => {
  new Constraints().number('numberOfBytes', input.NumberOfBytes, { min: 1, max: 1024 }).check();
  refuseRecipient(input.Recipient);
  if (input.CustomKeyStoreId !== undefined) throw unsupported('Slipway does not support custom key stores.');
  if (input.NumberOfBytes === undefined) throw validation('NumberOfBytes is required.');
  return { Plaintext: Buffer.from(ctx.random.bytes(input.NumberOfBytes)) };
};
