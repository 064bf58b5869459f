import type {
  DescribeImageReplicationStatusCommandInput,
  DescribeImageReplicationStatusCommandOutput,
} from '@aws-sdk/client-ecr';
import { replications } from '#store/tables/ecr.ts';
import type { EcrOperation } from '../context.ts';
import { requireImage, requireRepository } from '../resolve.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImageReplicationStatus.html */
export const DescribeImageReplicationStatus: EcrOperation<
  DescribeImageReplicationStatusCommandInput,
  DescribeImageReplicationStatusCommandOutput
> = (ctx, input) => {
  const repository = requireRepository(ctx.store, ctx, input);
  const image = requireImage(ctx.store, repository, input.imageId!);
  const { imageTag } = input.imageId!;
  return {
    repositoryName: repository.name,
    imageId: { imageDigest: image.digest, ...(imageTag !== undefined && { imageTag }) },
    replicationStatuses: Array.from(ctx.store.find(replications, 'byImage', image.key), (row) => ({
      ...row.destination,
      status: row.status,
      ...(row.failureCode !== undefined && { failureCode: row.failureCode }),
    })),
  };
};
