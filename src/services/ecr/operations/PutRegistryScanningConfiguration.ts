import type {
  PutRegistryScanningConfigurationCommandInput,
  PutRegistryScanningConfigurationCommandOutput,
  RegistryScanningRule,
} from '@aws-sdk/client-ecr';
import { invalidAt } from '#images/api/errors.ts';
import { checkCount, checkOneOf, checkPattern } from '#images/api/validate.ts';
import { type ScanFrequency, type ScanningRule, scanFrequencies } from '#model/ecr-registry.ts';
import type { EcrOperation } from '../context.ts';
import { updateRegistry } from '../resolve.ts';
import { viewScanning } from '../views/registry.ts';

const frequenciesOf: Readonly<Record<'BASIC' | 'ENHANCED', readonly ScanFrequency[]>> = {
  BASIC: ['SCAN_ON_PUSH', 'MANUAL'],
  ENHANCED: ['SCAN_ON_PUSH', 'CONTINUOUS_SCAN', 'MANUAL'],
};

function toRule(scanType: 'BASIC' | 'ENHANCED', rule: RegistryScanningRule, where: string): ScanningRule {
  const scanFrequency = checkOneOf(`${where}.scanFrequency`, rule.scanFrequency ?? '', scanFrequencies);
  if (!frequenciesOf[scanType].includes(scanFrequency)) {
    throw invalidAt(`${where}.scanFrequency`, `${scanFrequency} is not supported with scanType ${scanType}`);
  }
  const filters = rule.repositoryFilters ?? [];
  checkCount(`${where}.repositoryFilters`, filters, 0, 100);
  const repositoryFilters = filters.map(({ filter = '', filterType = '' as string }, index) => {
    const path = `${where}.repositoryFilters.${index + 1}.member`;
    checkPattern(`${path}.filter`, filter, '[a-z0-9*._/-]{1,256}');
    return { filter, filterType: checkOneOf(`${path}.filterType`, filterType, ['WILDCARD']) };
  });
  return { scanFrequency, repositoryFilters };
}

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutRegistryScanningConfiguration.html */
export const PutRegistryScanningConfiguration: EcrOperation<
  PutRegistryScanningConfigurationCommandInput,
  PutRegistryScanningConfigurationCommandOutput
> = (ctx, input) => {
  const scanType = checkOneOf('scanType', input.scanType ?? 'BASIC', ['BASIC', 'ENHANCED']);
  const given = input.rules ?? [];
  checkCount('rules', given, 0, 100);
  const rules = given.map((rule, index) => toRule(scanType, rule, `rules.${index + 1}.member`));
  if (new Set(rules.map((rule) => rule.scanFrequency)).size < rules.length) {
    throw invalidAt('rules', 'must have at most one rule per scan frequency');
  }
  const scanning = { scanType, rules };
  const row = ctx.store.transact((tx) => updateRegistry(tx, ctx, (before) => ({ ...before, scanning })));
  return { registryScanningConfiguration: viewScanning(row) };
};
