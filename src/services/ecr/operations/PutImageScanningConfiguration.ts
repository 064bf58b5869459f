import type {
  PutImageScanningConfigurationCommandInput,
  PutImageScanningConfigurationCommandOutput,
} from '@aws-sdk/client-ecr';
import type { EcrOperation } from '../context.ts';
import { updateRepository } from '../resolve.ts';
import { named } from '../views/repository.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImageScanningConfiguration.html */
export const PutImageScanningConfiguration: EcrOperation<
  PutImageScanningConfigurationCommandInput,
  PutImageScanningConfigurationCommandOutput
> = (ctx, input) => {
  const scanOnPush = input.imageScanningConfiguration?.scanOnPush ?? false;
  const row = ctx.store.transact((tx) => updateRepository(tx, ctx, input, (before) => ({ ...before, scanOnPush })));
  return { ...named(row), imageScanningConfiguration: { scanOnPush: row.scanOnPush } };
};
