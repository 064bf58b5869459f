import type {
  GetRegistryScanningConfigurationCommandInput,
  GetRegistryScanningConfigurationCommandOutput,
} from '@aws-sdk/client-ecr';
import type { EcrOperation } from '../context.ts';
import { findRegistry } from '../resolve.ts';
import { viewScanning } from '../views/registry.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetRegistryScanningConfiguration.html */
export const GetRegistryScanningConfiguration: EcrOperation<
  GetRegistryScanningConfigurationCommandInput,
  GetRegistryScanningConfigurationCommandOutput
> = (ctx) => ({ registryId: ctx.account, scanningConfiguration: viewScanning(findRegistry(ctx.store, ctx)) });
