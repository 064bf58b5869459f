import type {
  DeleteSigningConfigurationCommandInput,
  DeleteSigningConfigurationCommandOutput,
} from '@aws-sdk/client-ecr';
import { signingConfigurationNotFound } from '#images/api/errors.ts';
import type { EcrOperation } from '../context.ts';
import { findRegistry, updateRegistry } from '../resolve.ts';
import { viewSigning } from '../views/registry.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteSigningConfiguration.html */
export const DeleteSigningConfiguration: EcrOperation<
  DeleteSigningConfigurationCommandInput,
  DeleteSigningConfigurationCommandOutput
> = (ctx) =>
  ctx.store.transact((tx) => {
    const { signingRules } = findRegistry(tx, ctx);
    if (!signingRules) throw signingConfigurationNotFound(ctx.account);
    updateRegistry(tx, ctx, ({ signingRules: _, ...rest }) => rest);
    return { registryId: ctx.account, signingConfiguration: viewSigning(signingRules) };
  });
