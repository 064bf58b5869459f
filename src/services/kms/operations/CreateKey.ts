import type { CreateKeyCommandInput, CreateKeyCommandOutput, KeySpec, KeyUsageType } from '@aws-sdk/client-kms';
import { defaultKeyPolicy, insertKey, keyArn } from '#keys/kms-key.ts';
import { uuid } from '#lib/ids.ts';
import { Constraints } from '#protocol/constraints.ts';
import { newKeyPair } from '../asymmetric.ts';
import { checkKeyPolicy, mergeTags } from '../check.ts';
import { type KmsOperation, keyDeps } from '../context.ts';
import { unsupported, validation } from '../errors.ts';
import { specs } from '../specs.ts';
import { keyMetadata } from '../views.ts';

function usageOf(spec: KeySpec, given: KeyUsageType | undefined): KeyUsageType {
  const known = specs[spec];
  if (!known) throw unsupported(`Slipway does not support keys of KeySpec ${spec}.`);
  if (given === undefined) {
    if (spec === 'SYMMETRIC_DEFAULT') return 'ENCRYPT_DECRYPT';
    throw validation('You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.');
  }
  if (!known.usages.includes(given)) throw validation(`KeyUsage ${given} is not compatible with KeySpec ${spec}`);
  return given;
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html. Keys of Slipway's own making only. */
export const CreateKey: KmsOperation<CreateKeyCommandInput, CreateKeyCommandOutput> = async (ctx, input) => {
  new Constraints().text('description', input.Description, { max: 8192 }).check();
  if (input.MultiRegion) throw unsupported('Slipway does not support multi-Region keys.');
  if (input.Origin !== undefined && input.Origin !== 'AWS_KMS') {
    throw unsupported(`Slipway does not support keys of Origin ${input.Origin}.`);
  }
  if (input.CustomKeyStoreId !== undefined || input.XksKeyId !== undefined) {
    throw unsupported('Slipway does not support custom key stores.');
  }
  const spec = (input.KeySpec ?? input.CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT') as KeySpec;
  const usage = usageOf(spec, input.KeyUsage);
  const id = uuid(ctx.random);
  const policy = input.Policy ?? defaultKeyPolicy(ctx.account, ctx.region);
  if (input.Policy !== undefined) {
    checkKeyPolicy(ctx, keyArn(ctx, id), policy, input.BypassPolicyLockoutSafetyCheck);
  }
  const tags = mergeTags({}, input.Tags);
  const { macBytes, rsaBits, curve } = specs[spec]!;
  const pair = rsaBits || curve ? await newKeyPair(spec) : undefined;
  const material = pair?.privateKey ?? (macBytes ? Buffer.from(ctx.random.bytes(macBytes)) : undefined);
  const row = ctx.store.transact((tx) =>
    insertKey(tx, keyDeps(ctx), ctx, {
      id,
      spec,
      usage,
      policy,
      tags,
      description: input.Description ?? '',
      ...(material && { material }),
      ...(pair && { publicKey: pair.publicKey.toString('base64') }),
    }),
  );
  return { KeyMetadata: keyMetadata(row) };
};
