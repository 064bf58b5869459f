/**
 * The grammar of lifecycle policies, with the texts of their validation. Pure; what is wrong is a value.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
 */
export const countTypes = [
  'imageCountMoreThan',
  'sinceImagePushed',
  'sinceImagePulled',
  'sinceImageTransitioned',
] as const;
export type CountType = (typeof countTypes)[number];

export interface LifecycleRule {
  readonly priority: number;
  readonly description?: string;
  readonly tagStatus: 'tagged' | 'untagged' | 'any';
  /** Patterns with `*`; a prefix is one that ends in it. An image must have a tag for each. */
  readonly tagPatterns: readonly string[];
  readonly storageClass: 'standard' | 'archive';
  readonly countType: CountType;
  readonly countNumber: number;
  readonly action: 'EXPIRE' | 'TRANSITION';
}

export interface PolicyProblem {
  /** What stands behind `Lifecycle policy validation failure: `. */
  readonly problem: string;
}

export interface PolicyOptions {
  /** Slipway's addition: `sinceImagePulled` may expire, not only archive. */
  readonly expireByLastPull?: boolean;
}

/** AWS's least time in archive. Lower: an image may be gone sooner than its archive was paid for at AWS. */
const minArchivedDays = 90;
const maxRules = 50;
const maxPatternWildcards = 4;

type Json = Readonly<Record<string, unknown>>;
class Problem extends Error {}

const quoted = (names: readonly string[]) => `[${names.map((name) => JSON.stringify(name)).join(',')}]`;

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' && Number.isInteger(value) ? 'integer' : typeof value;
}

function requireType(value: unknown, wanted: string): void {
  if (typeName(value) !== wanted) {
    const types = `instance type (${typeName(value)}) does not match any allowed primitive type`;
    throw new Problem(`${types} (allowed: ["${wanted}"])`);
  }
}

function toObject(value: unknown, required: readonly string[], optional: readonly string[]): Json {
  requireType(value, 'object');
  const object = value as Json;
  const missing = required.filter((name) => !(name in object));
  if (missing.length > 0) throw new Problem(`object has missing required properties (${quoted(missing.sort())})`);
  const unknown = Object.keys(object).filter((name) => !required.includes(name) && !optional.includes(name));
  if (unknown.length > 0) {
    throw new Problem(`object instance has properties which are not allowed by the schema: (${quoted(unknown)})`);
  }
  return object;
}

function toOneOf<T extends string>(value: unknown, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found !== undefined) return found;
  throw new Problem(
    `instance value (${JSON.stringify(value)}) not found in enum (possible values: ${quoted(allowed)})`,
  );
}

function toNumber(value: unknown, least: number): number {
  requireType(value, 'integer');
  if ((value as number) >= least) return value as number;
  throw new Problem(`numeric instance is lower than the required minimum (minimum: ${least}, found: ${value})`);
}

function toTexts(value: unknown): string[] {
  requireType(value, 'array');
  const list = value as unknown[];
  if (list.length === 0)
    throw new Problem('array is too short: must have at least 1 elements but instance has 0 elements');
  for (const one of list) requireType(one, 'string');
  if (new Set(list).size < list.length) throw new Problem('array must not contain duplicate elements');
  return list as string[];
}

const noSchema = () => new Problem('instance failed to match exactly one schema (matched 0 out of 2)');

function toPatterns(selection: Json, tagStatus: string): string[] {
  const { tagPrefixList, tagPatternList } = selection;
  if (tagStatus !== 'tagged') {
    if (tagPrefixList === undefined && tagPatternList === undefined) return [];
    throw new Problem(
      `tagPrefixList and tagPatternList must not be specified when tagStatus=${tagStatus.toUpperCase()}.`,
    );
  }
  if (tagPrefixList !== undefined && tagPatternList !== undefined) {
    throw new Problem('Only one of tagPrefixList and tagPatternList can be specified.');
  }
  if (tagPrefixList !== undefined) return toTexts(tagPrefixList).map((prefix) => `${prefix}*`);
  if (tagPatternList === undefined) {
    throw new Problem('Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED.');
  }
  const patterns = toTexts(tagPatternList);
  const wild = patterns.find((pattern) => pattern.split('*').length - 1 > maxPatternWildcards);
  if (wild !== undefined) throw new Problem(`A tag pattern can have at most ${maxPatternWildcards} wildcards: ${wild}`);
  return patterns;
}

function toAction(value: unknown): LifecycleRule['action'] {
  const action = toObject(value, ['type'], ['targetStorageClass']);
  const type = toOneOf(action['type'], ['expire', 'transition']);
  if (type === 'expire') {
    if ('targetStorageClass' in action) throw noSchema();
    return 'EXPIRE';
  }
  if (!('targetStorageClass' in action)) throw noSchema();
  toOneOf(action['targetStorageClass'], ['archive']);
  return 'TRANSITION';
}

function checkCombination(rule: LifecycleRule, options: PolicyOptions): void {
  const { countType, storageClass, action } = rule;
  if (countType === 'sinceImageTransitioned') {
    if (storageClass !== 'archive')
      throw new Problem('storageClass must be archive when countType=sinceImageTransitioned.');
    if (action !== 'EXPIRE')
      throw new Problem('Only action type expire is supported when countType=sinceImageTransitioned.');
    toNumber(rule.countNumber, minArchivedDays);
    return;
  }
  if (storageClass !== 'standard') throw new Problem(`storageClass must be standard when countType=${countType}.`);
  if (countType === 'sinceImagePulled' && action !== 'TRANSITION' && !options.expireByLastPull) {
    throw new Problem('Only action type transition is supported when countType=sinceImagePulled.');
  }
}

const requiredOfSelection = ['tagStatus', 'countType', 'countNumber'];
const optionalOfSelection = ['tagPrefixList', 'tagPatternList', 'storageClass', 'countUnit'];

function toRule(value: unknown, options: PolicyOptions): LifecycleRule {
  const rule = toObject(value, ['rulePriority', 'selection', 'action'], ['description']);
  if ('description' in rule) requireType(rule['description'], 'string');
  const selection = toObject(rule['selection'], requiredOfSelection, optionalOfSelection);
  const tagStatus = toOneOf(selection['tagStatus'], ['tagged', 'untagged', 'any']);
  const countType = toOneOf(selection['countType'], countTypes);
  if ('countUnit' in selection) {
    if (countType === 'imageCountMoreThan') throw noSchema();
    toOneOf(selection['countUnit'], ['days']);
  } else if (countType !== 'imageCountMoreThan') {
    throw noSchema();
  }
  const made: LifecycleRule = {
    priority: toNumber(rule['rulePriority'], 1),
    ...('description' in rule && { description: rule['description'] as string }),
    tagStatus,
    tagPatterns: toPatterns(selection, tagStatus),
    storageClass:
      'storageClass' in selection ? toOneOf(selection['storageClass'], ['standard', 'archive']) : 'standard',
    countType,
    countNumber: toNumber(selection['countNumber'], 1),
    action: toAction(rule['action']),
  };
  checkCombination(made, options);
  return made;
}

/** What holds among the rules that select one storage class. */
function checkTogether(rules: readonly LifecycleRule[]): void {
  if (rules.filter((rule) => rule.tagStatus === 'untagged').length > 1) {
    throw new Problem('Only one rule can select Untagged images per storage class.');
  }
  const any = rules.filter((rule) => rule.tagStatus === 'any');
  if (any.length > 1 || (any[0] && rules.some((rule) => rule.priority > any[0]!.priority))) {
    throw new Problem('Rule for tagStatus=ANY must have the lowest priority per storage class');
  }
  const selections = rules
    .filter((rule) => rule.tagStatus === 'tagged')
    .map((rule) => JSON.stringify([...rule.tagPatterns].sort()));
  if (new Set(selections).size < selections.length) {
    throw new Problem('Rules must have unique sets of tag prefixes and patterns per storage class.');
  }
}

/** Rules in the order of their priorities. */
export function parseLifecyclePolicy(text: string, options: PolicyOptions = {}): LifecycleRule[] | PolicyProblem {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    document = undefined;
  }
  if (typeName(document) !== 'object') return { problem: 'Could not map policyString into LifecyclePolicy.' };
  try {
    const list = toObject(document, ['rules'], [])['rules'];
    requireType(list, 'array');
    const rules = (list as unknown[]).map((rule) => toRule(rule, options));
    if (rules.length === 0)
      throw new Problem('array is too short: must have at least 1 elements but instance has 0 elements');
    if (rules.length > maxRules) throw new Problem(`A lifecycle policy can have at most ${maxRules} rules.`);
    if (new Set(rules.map((rule) => rule.priority)).size < rules.length)
      throw new Problem('Rule priorities must be unique.');
    for (const storageClass of ['standard', 'archive']) {
      checkTogether(rules.filter((rule) => rule.storageClass === storageClass));
    }
    return rules.sort((a, b) => a.priority - b.priority);
  } catch (error) {
    if (error instanceof Problem) return { problem: error.message };
    throw error;
  }
}
