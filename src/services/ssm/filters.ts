/** ParameterFilters: checked first, then asked of each parameter. */
import type { ParameterStringFilter } from '@aws-sdk/client-ssm';
import type { ParameterRow, ParameterVersionRow } from '#model/ssm.ts';
import { Constraints } from '#protocol/constraints.ts';
import { invalidFilterKey, invalidFilterOption, invalidFilterValue } from './errors.ts';
import { isPath, isUnder, pathRequirements } from './names.ts';

export type Matches = (row: ParameterRow, version: ParameterVersionRow) => boolean;

const keyPattern = 'tag:.+|Name|Type|KeyId|Path|Label|Tier|DataType';
const types = ['String', 'StringList', 'SecureString'];
const tiers = ['Standard', 'Advanced', 'Intelligent-Tiering'];
const ofDescribe = ['Path', 'Name', 'Type', 'KeyId', 'Tier', 'DataType'];
const ofPath = ['Type', 'KeyId', 'Label'];

function optionsOf(key: string): readonly string[] {
  if (key === 'Path') return ['Recursive', 'OneLevel'];
  return key === 'Name' ? ['BeginsWith', 'Contains', 'Equals'] : ['BeginsWith', 'Equals'];
}

function checkValues(key: string, values: readonly string[]): void {
  if (values.length === 0 && !key.startsWith('tag:')) {
    throw invalidFilterValue(`The following filter values are missing : null for filter key ${key}.`);
  }
  const allowed = key === 'Type' ? types : key === 'Tier' ? tiers : undefined;
  for (const value of values) {
    if (allowed && !allowed.includes(value)) {
      throw invalidFilterValue(
        `The following filter value is not valid: ${value}. Valid values include: [${allowed.join(', ')}].`,
      );
    }
    if (key === 'Path' && !isPath(value)) throw invalidFilterValue(pathRequirements);
  }
}

function checkFilters(filters: readonly ParameterStringFilter[], kind: 'describe' | 'path'): void {
  const check = new Constraints();
  for (const [at, { Key, Option, Values }] of filters.entries()) {
    const member = `parameterFilters.${at + 1}.member`;
    check
      .text(`${member}.key`, Key, { min: 1, max: 132, pattern: keyPattern })
      .text(`${member}.option`, Option, { min: 1, max: 10 })
      .size(`${member}.values`, Values?.length, { min: 1, max: 50 });
  }
  check.check();
  const allowed = kind === 'path' ? ofPath : ofDescribe;
  const seen = new Set<string>();
  for (const filter of filters) {
    const key = filter.Key!;
    if (!allowed.includes(key) && !(kind === 'describe' && key.startsWith('tag:'))) {
      throw invalidFilterKey(
        `The following filter key is not valid: ${key}. Valid filter keys include: [${allowed.join(', ')}].`,
      );
    }
    if (seen.has(key)) {
      throw invalidFilterKey(
        `The following filter is duplicated in the request: ${key}. A request can contain only one occurrence of a specific filter.`,
      );
    }
    seen.add(key);
    const options = optionsOf(key);
    if (filter.Option !== undefined && !options.includes(filter.Option)) {
      throw invalidFilterOption(
        `The following filter option is not valid: ${filter.Option}. Valid options include: [${options.join(', ')}].`,
      );
    }
    checkValues(key, filter.Values ?? []);
  }
}

function compare(option: string | undefined, text: string | undefined, value: string): boolean {
  if (text === undefined) return false;
  if (option === 'BeginsWith') return text.startsWith(value);
  return option === 'Contains' ? text.includes(value) : text === value;
}

/** A leading slash may be left out, in the filter and in the name. */
const withoutSlash = (name: string) => name.replace(/^\//, '');

function matcherOf({ Key, Option, Values = [] }: ParameterStringFilter): Matches {
  const any = (test: (value: string) => boolean) => Values.some(test);
  if (Key!.startsWith('tag:')) {
    const name = Key!.slice('tag:'.length);
    return ({ tags }) =>
      Values.length === 0 ? Object.hasOwn(tags, name) : any((value) => compare(Option, tags[name], value));
  }
  switch (Key) {
    case 'Name':
      return ({ name }) => any((value) => compare(Option, withoutSlash(name), withoutSlash(value)));
    case 'Path':
      return ({ name }) => any((value) => isUnder(name, value, Option === 'Recursive'));
    case 'Type':
      return (_, { type }) => any((value) => compare(Option, type, value));
    case 'KeyId':
      return (_, { keyId }) => any((value) => compare(Option, keyId, value));
    case 'Tier':
      return (_, { tier }) => any((value) => compare(Option, tier, value));
    case 'DataType':
      return (_, { dataType }) => any((value) => compare(Option, dataType, value));
    default:
      return (_, { labels }) => labels.some((label) => any((value) => compare(Option, label, value)));
  }
}

/** All filters must match. The label of a path's filter chooses the version; see GetParametersByPath. */
export function compileFilters(
  filters: readonly ParameterStringFilter[] | undefined,
  kind: 'describe' | 'path',
): Matches {
  checkFilters(filters ?? [], kind);
  const matchers = (filters ?? []).map(matcherOf);
  return (row, version) => matchers.every((matches) => matches(row, version));
}
