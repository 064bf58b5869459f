/** Images of a repository under a pull-through cache rule that are asked for by the API before anybody has pulled them. */
import type { ImageFailure, ImageIdentifier } from '@aws-sdk/client-ecr';
import { failureOf } from '#images/api/image-failures.ts';
import { checkRepositoryName } from '#images/api/validate.ts';
import { resolveImage } from '#images/delete-image.ts';
import { findRepository } from '#images/repositories.ts';
import type { UpstreamFailure } from '#images/upstream-gateway.ts';
import { findUpstream } from '#images/upstream-rules.ts';
import { type Registry, repositoryArn } from '#model/ecr.ts';
import type { EcrContext } from './context.ts';
import { policyOf } from './policies.ts';
import { registryOf } from './resolve.ts';

const codes: Readonly<Record<Exclude<UpstreamFailure['problem'], 'not found'>, ImageFailure['failureCode']>> = {
  denied: 'UpstreamAccessDenied',
  throttled: 'UpstreamTooManyRequests',
  unavailable: 'UpstreamUnavailable',
  invalid: 'UpstreamUnavailable',
};

function requireImport(ctx: EcrContext, registry: Registry, name: string): void {
  const resource = repositoryArn(registry, name);
  const row = findRepository(ctx.store, registry, name);
  for (const action of ['ecr:BatchImportUpstreamImage', ...(row ? [] : ['ecr:CreateRepository'])]) {
    ctx.require({
      action,
      resource,
      resourcePolicy: policyOf(ctx.store, registry, row, action),
      resourceTags: row?.tags,
    });
  }
}

const isHere = (ctx: EcrContext, arn: string, id: ImageIdentifier): boolean =>
  resolveImage(ctx.store, arn, { digest: id.imageDigest, tag: id.imageTag }).missing === undefined;

/** Brings what is missing; answers why some could not be had. */
export async function importMissing(
  ctx: EcrContext,
  input: {
    readonly registryId?: string | undefined;
    readonly repositoryName?: string | undefined;
    readonly imageIds?: readonly ImageIdentifier[] | undefined;
  },
): Promise<ReadonlyMap<ImageIdentifier, ImageFailure>> {
  const failures = new Map<ImageIdentifier, ImageFailure>();
  const registry = registryOf(ctx, input.registryId);
  const name = checkRepositoryName(input.repositoryName!);
  if (!findUpstream(ctx.store, registry, name)) return failures;
  const arn = repositoryArn(registry, name);
  const missing = (input.imageIds ?? []).filter((id) => !failureOf(id) && !isHere(ctx, arn, id));
  if (missing.length === 0) return failures;
  requireImport(ctx, registry, name);
  await Promise.all(
    missing.map(async (id) => {
      const reference = id.imageTag ?? id.imageDigest!;
      const { failed } = await ctx.deps.upstreams.importImage({ registry, name, reference });
      if (!failed || failed.problem === 'not found') return;
      failures.set(id, { imageId: id, failureCode: codes[failed.problem], failureReason: failed.message });
    }),
  );
  return failures;
}
