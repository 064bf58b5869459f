import type { ListKeyRotationsCommandInput, ListKeyRotationsCommandOutput } from '@aws-sdk/client-kms';
import { Constraints } from '#protocol/constraints.ts';
import type { KmsOperation } from '../context.ts';
import { behind, page } from '../pages.ts';
import { freshKey, resolveKey } from '../resolve.ts';
import { checkRotatable } from '../rotation.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeyRotations.html */
export const ListKeyRotations: KmsOperation<ListKeyRotationsCommandInput, ListKeyRotationsCommandOutput> = (
  ctx,
  input,
) => {
  new Constraints()
    .text('includeKeyMaterial', input.IncludeKeyMaterial, { values: ['ALL_KEY_MATERIAL', 'ROTATIONS_ONLY'] })
    .check();
  const key = freshKey(ctx, resolveKey(ctx, input.KeyId));
  checkRotatable(key);
  const numbered = key.materials.map((material, at) => ({ material, order: String(at).padStart(8, '0') }));
  const shown = numbered.filter(({ material }) => input.IncludeKeyMaterial === 'ALL_KEY_MATERIAL' || material.rotation);
  const { rows, ...rest } = page(
    input,
    { byDefault: 100, max: 1000 },
    (after) => behind(shown, ({ order }) => order, after),
    ({ order }) => order,
  );
  return {
    Rotations: rows.map(({ material }) => ({
      KeyId: key.arn,
      KeyMaterialId: material.id,
      KeyMaterialState: material === key.materials.at(-1) ? 'CURRENT' : 'NON_CURRENT',
      ...(material.rotation && { RotationDate: new Date(material.createdAt), RotationType: material.rotation }),
    })),
    ...rest,
  };
};
