import type {
  DescribeParametersCommandInput,
  DescribeParametersCommandOutput,
  ParameterStringFilter,
} from '@aws-sdk/client-ssm';
import { scopeKey } from '#model/arn.ts';
import { parameters } from '#store/tables/secrets.ts';
import type { SsmContext, SsmOperation } from '../context.ts';
import { validation } from '../errors.ts';
import { compileFilters, type Matches } from '../filters.ts';
import { page } from '../pages.ts';
import { currentVersion } from '../parameters.ts';
import { isExpired } from '../policies.ts';
import { metadataView } from '../views.ts';

/** The older Filters, as filters of the newer kind: names match by their beginning. */
const fromOlder = ({ Filters }: DescribeParametersCommandInput): ParameterStringFilter[] | undefined =>
  Filters?.map(({ Key, Values }) => ({ Key, Values, Option: Key === 'Name' ? 'BeginsWith' : 'Equals' }));

function* matching(ctx: SsmContext, matches: Matches, after: string | undefined) {
  for (const row of ctx.store.find(parameters, 'byScope', scopeKey(ctx), after)) {
    if (isExpired(row, ctx.clock.now())) continue;
    const version = currentVersion(ctx.store, row);
    if (matches(row, version)) yield { row, version };
  }
}

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeParameters.html */
export const DescribeParameters: SsmOperation<DescribeParametersCommandInput, DescribeParametersCommandOutput> = (
  ctx,
  input,
) => {
  if (input.Filters?.length && input.ParameterFilters?.length) {
    throw validation('You can use either Filters or ParameterFilters in a single request.');
  }
  const matches = compileFilters(input.ParameterFilters ?? fromOlder(input), 'describe');
  const { rows, ...rest } = page(
    input,
    50,
    // Parameters that other accounts share are named by ARN only: none are listed.
    (after) => (input.Shared ? [] : matching(ctx, matches, after)),
    ({ row }) => row.key,
  );
  return { Parameters: rows.map(({ row, version }) => metadataView(row, version)), ...rest };
};
