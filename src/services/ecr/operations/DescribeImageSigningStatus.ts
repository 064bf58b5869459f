import type {
  DescribeImageSigningStatusCommandInput,
  DescribeImageSigningStatusCommandOutput,
  ImageSigningStatus,
} from '@aws-sdk/client-ecr';
import { matchesWildcard } from '#images/wildcard.ts';
import type { SigningRule } from '#model/ecr-registry.ts';
import type { EcrOperation } from '../context.ts';
import { findRegistry, requireImage, requireRepository } from '../resolve.ts';

const appliesTo = ({ repositoryFilters }: SigningRule, name: string): boolean =>
  repositoryFilters === undefined || repositoryFilters.some(({ filter }) => matchesWildcard(filter, name));

/** Signing profiles are those of AWS Signer, of which there is none here: what a rule asks for was not done. */
const statusOf = ({ signingProfileArn }: SigningRule): ImageSigningStatus => ({
  signingProfileArn,
  status: 'FAILED',
  failureCode: 'SigningProfileNotFound',
  failureReason: `There is no AWS Signer here, and so no signing profile ${signingProfileArn}. Images can be signed with cosign.`,
});

/**
 * One status for each rule of the signing configuration that is for the repository.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImageSigningStatus.html
 */
export const DescribeImageSigningStatus: EcrOperation<
  DescribeImageSigningStatusCommandInput,
  DescribeImageSigningStatusCommandOutput
> = (ctx, input) => {
  const repository = requireRepository(ctx.store, ctx, input);
  const image = requireImage(ctx.store, repository, input.imageId!);
  const { imageTag } = input.imageId!;
  const rules = findRegistry(ctx.store, repository).signingRules ?? [];
  return {
    registryId: repository.account,
    repositoryName: repository.name,
    imageId: { imageDigest: image.digest, ...(imageTag !== undefined && { imageTag }) },
    signingStatuses: rules.filter((rule) => appliesTo(rule, repository.name)).map(statusOf),
  };
};
