import type { GetSigningConfigurationCommandInput, GetSigningConfigurationCommandOutput } from '@aws-sdk/client-ecr';
import { signingConfigurationNotFound } from '#images/api/errors.ts';
import type { EcrOperation } from '../context.ts';
import { findRegistry } from '../resolve.ts';
import { viewSigning } from '../views/registry.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetSigningConfiguration.html */
export const GetSigningConfiguration: EcrOperation<
  GetSigningConfigurationCommandInput,
  GetSigningConfigurationCommandOutput
> = (ctx) => {
  const { signingRules } = findRegistry(ctx.store, ctx);
  if (!signingRules) throw signingConfigurationNotFound(ctx.account);
  return { registryId: ctx.account, signingConfiguration: viewSigning(signingRules) };
};
