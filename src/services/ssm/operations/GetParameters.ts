import type { GetParametersCommandInput, GetParametersCommandOutput, Parameter } from '@aws-sdk/client-ssm';
import { Constraints } from '#protocol/constraints.ts';
import type { SsmContext, SsmOperation } from '../context.ts';
import { validation } from '../errors.ts';
import { parseName } from '../names.ts';
import { findNamed, selectVersion } from '../parameters.ts';
import { publicParameter } from '../public-parameters.ts';
import { parameterView, publicView } from '../views.ts';

function find(ctx: SsmContext, name: string, withDecryption: boolean | undefined): Parameter | undefined {
  const named = parseName(ctx, name);
  const published = named && named.selector === undefined && publicParameter(ctx.region, named.names[0]!);
  if (published) return publicView(published);
  const row = findNamed(ctx, named);
  const version = row && selectVersion(ctx.store, row, named!.selector);
  return version && parameterView(ctx, row, version, { withDecryption, selector: named!.selector });
}

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html */
export const GetParameters: SsmOperation<GetParametersCommandInput, GetParametersCommandOutput> = (ctx, input) => {
  const names = input.Names!;
  new Constraints().size('names', names.length, { min: 1, max: 10 }).check();
  if (new Set(names).size !== names.length) throw validation('Duplicate parameters are not allowed in the request.');
  const found: Parameter[] = [];
  const missing: string[] = [];
  for (const name of names) {
    const parameter = find(ctx, name, input.WithDecryption);
    if (parameter) found.push(parameter);
    else missing.push(name);
  }
  return { Parameters: found, InvalidParameters: missing };
};
