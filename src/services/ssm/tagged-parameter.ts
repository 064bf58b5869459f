/** The parameter that an operation on tags means. Of the resource types, parameters are the only ones here. */
import type { ResourceTypeForTagging } from '@aws-sdk/client-ssm';
import type { ParameterRow } from '#model/ssm.ts';
import type { SsmContext } from './context.ts';
import { invalidResourceId, invalidResourceType } from './errors.ts';
import { parseName } from './names.ts';
import { findNamed } from './parameters.ts';

export function taggedParameter(
  ctx: SsmContext,
  input: { readonly ResourceType: ResourceTypeForTagging | undefined; readonly ResourceId: string | undefined },
): ParameterRow {
  if (input.ResourceType !== 'Parameter') throw invalidResourceType();
  const named = parseName(ctx, input.ResourceId!);
  const row = named?.selector === undefined ? findNamed(ctx, named) : undefined;
  if (!row) throw invalidResourceId();
  return row;
}
