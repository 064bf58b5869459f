import type {
  PutSigningConfigurationCommandInput,
  PutSigningConfigurationCommandOutput,
  SigningRule as WireRule,
} from '@aws-sdk/client-ecr';
import { checkCount, checkOneOf, checkPattern } from '#images/api/validate.ts';
import type { SigningRule } from '#model/ecr-registry.ts';
import type { EcrOperation } from '../context.ts';
import { updateRegistry } from '../resolve.ts';
import { viewSigning } from '../views/registry.ts';

const profileArn = 'arn:aws(-[a-z]+)*:signer:[a-z0-9-]+:[0-9]{12}:/signing-profiles/[a-zA-Z0-9_]{2,64}';

function toRule(rule: WireRule, where: string): SigningRule {
  const signingProfileArn = rule.signingProfileArn ?? '';
  checkPattern(`${where}.signingProfileArn`, signingProfileArn, profileArn);
  if (!rule.repositoryFilters) return { signingProfileArn };
  checkCount(`${where}.repositoryFilters`, rule.repositoryFilters, 1, 100);
  const repositoryFilters = rule.repositoryFilters.map(({ filter = '', filterType = '' as string }, index) => {
    const path = `${where}.repositoryFilters.${index + 1}.member`;
    checkPattern(`${path}.filter`, filter, '[a-z0-9*._/-]{1,256}');
    return { filter, filterType: checkOneOf(`${path}.filterType`, filterType, ['WILDCARD_MATCH']) };
  });
  return { signingProfileArn, repositoryFilters };
}

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutSigningConfiguration.html */
export const PutSigningConfiguration: EcrOperation<
  PutSigningConfigurationCommandInput,
  PutSigningConfigurationCommandOutput
> = (ctx, input) => {
  const given = input.signingConfiguration!.rules ?? [];
  checkCount('signingConfiguration.rules', given, 0, 10);
  const signingRules = given.map((rule, index) => toRule(rule, `signingConfiguration.rules.${index + 1}.member`));
  ctx.store.transact((tx) => updateRegistry(tx, ctx, (before) => ({ ...before, signingRules })));
  return { signingConfiguration: viewSigning(signingRules) };
};
