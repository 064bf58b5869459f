/**
 * Lengths, ranges, patterns and closed sets of a request's members. IAM's members mean the same in every operation, so
 * there is one table by name; `CreateUser` and its kin are stricter where a name is made.
 */
import { validationError } from './errors.ts';

interface TextRule {
  readonly min?: number;
  readonly max?: number;
  /** As AWS prints it; the whole value must match. */
  readonly pattern?: string;
  readonly values?: readonly string[];
  /** IAM has words of its own for what a name or a path may hold. */
  readonly form?: 'name' | 'path';
}
interface NumberRule {
  readonly least: number;
  readonly most: number;
}
interface ListRule {
  readonly mostItems?: number;
  readonly item?: TextRule;
  readonly tags?: true;
}
type Rule = TextRule | NumberRule | ListRule;

const name = (max: number): TextRule => ({ min: 1, max, form: 'name' });
const arn: TextRule = { min: 20, max: 2048 };
const document: TextRule = { min: 1, max: 131_072, pattern: '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+' };
const path: TextRule = { min: 1, max: 512, form: 'path' };
const documents: ListRule = { item: document };
const tagKey: TextRule = { min: 1, max: 128, pattern: '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+' };
const tagValue: TextRule = { max: 256, pattern: '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*' };

const rules: Readonly<Record<string, Rule>> = {
  UserName: name(128),
  NewUserName: name(64),
  GroupName: name(128),
  NewGroupName: name(128),
  RoleName: name(64),
  PolicyName: name(128),
  InstanceProfileName: name(128),
  Path: path,
  NewPath: path,
  PathPrefix: { min: 1, max: 512, pattern: '\\u002F[\\u0021-\\u007F]*' },
  PolicyArn: arn,
  PermissionsBoundary: arn,
  Arn: arn,
  PolicySourceArn: arn,
  OpenIDConnectProviderArn: arn,
  VersionId: { pattern: 'v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?' },
  PolicyDocument: document,
  AssumeRolePolicyDocument: document,
  Description: { max: 1000, pattern: '[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*' },
  MaxSessionDuration: { least: 3600, most: 43_200 },
  MaxItems: { least: 1, most: 1000 },
  Marker: { min: 1, pattern: '[\\u0020-\\u00FF]+' },
  AccessKeyId: { min: 16, max: 128, pattern: '[\\w]+' },
  Status: { values: ['Active', 'Inactive', 'Expired'] },
  AWSServiceName: { min: 1, max: 128, pattern: '[\\w+=,.@-]+' },
  CustomSuffix: { min: 1, max: 64, pattern: '[\\w+=,.@-]+' },
  DeletionTaskId: { min: 1, max: 1000 },
  AccountAlias: { min: 3, max: 63, pattern: '[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]' },
  Password: { min: 1, max: 128 },
  OldPassword: { min: 1, max: 128 },
  NewPassword: { min: 1, max: 128 },
  Url: { min: 1, max: 255 },
  ClientID: { min: 1, max: 255 },
  ClientIDList: { item: { min: 1, max: 255 } },
  ThumbprintList: { item: { min: 40, max: 40 } },
  Scope: { values: ['All', 'AWS', 'Local'] },
  EntityFilter: { values: ['User', 'Role', 'Group', 'LocalManagedPolicy', 'AWSManagedPolicy'] },
  PolicyUsageFilter: { values: ['PermissionsPolicy', 'PermissionsBoundary'] },
  Filter: { item: { values: ['User', 'Role', 'Group', 'LocalManagedPolicy', 'AWSManagedPolicy'] } },
  MinimumPasswordLength: { least: 6, most: 128 },
  MaxPasswordAge: { least: 1, most: 1095 },
  PasswordReusePrevention: { least: 1, most: 24 },
  Tags: { mostItems: 50, tags: true },
  TagKeys: { mostItems: 50, item: tagKey },
  ActionNames: { item: { min: 3, max: 128 } },
  ResourceArns: { item: { min: 1, max: 2048 } },
  PolicyInputList: documents,
  PermissionsBoundaryPolicyInputList: documents,
  ResourcePolicy: document,
  ResourceOwner: { min: 1, max: 2048 },
  CallerArn: { min: 1, max: 2048 },
  ResourceHandlingOption: { min: 1, max: 64 },
  ServiceNamespaces: { mostItems: 200, item: { min: 1, max: 64, pattern: '[\\w-]*' } },
};

const ofOperation: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  CreateUser: { UserName: name(64) },
};

const lowerFirst = (text: string) => text.slice(0, 1).toLowerCase() + text.slice(1);

function textViolations(value: string, rule: TextRule): string[] {
  const found: string[] = [];
  if (rule.values && !rule.values.includes(value))
    found.push(`Member must satisfy enum value set: [${rule.values.join(', ')}]`);
  if (rule.max !== undefined && value.length > rule.max)
    found.push(`Member must have length less than or equal to ${rule.max}`);
  if (rule.pattern !== undefined && !new RegExp(`^(?:${rule.pattern})$`, 'u').test(value))
    found.push(`Member must satisfy regular expression pattern: ${rule.pattern}`);
  if (rule.min !== undefined && value.length < rule.min)
    found.push(`Member must have length greater than or equal to ${rule.min}`);
  return found;
}

/** `at` and what it must satisfy, for every violation of one member. */
function violations(at: string, value: unknown, rule: Rule): [string, string][] {
  if (Array.isArray(value)) {
    const list = rule as ListRule;
    if (list.mostItems !== undefined && value.length > list.mostItems)
      return [[at, `Member must have length less than or equal to ${list.mostItems}`]];
    if (list.tags) {
      return value.flatMap((tag: { Key?: string; Value?: string }, i) => [
        ...textViolations(tag.Key ?? '', tagKey).map((one): [string, string] => [`${at}.${i + 1}.member.key`, one]),
        ...textViolations(tag.Value ?? '', tagValue).map((one): [string, string] => [
          `${at}.${i + 1}.member.value`,
          one,
        ]),
      ]);
    }
    const broken = list.item && value.find((item) => textViolations(item, list.item!).length > 0);
    if (broken === undefined) return [];
    return [[at, `Member must satisfy constraint: [${itemConstraints(list.item!)}]`]];
  }
  if (typeof value === 'number') {
    const { least, most } = rule as NumberRule;
    if (value < least) return [[at, `Member must have value greater than or equal to ${least}`]];
    return value > most ? [[at, `Member must have value less than or equal to ${most}`]] : [];
  }
  return typeof value === 'string' ? textViolations(value, rule as TextRule).map((one) => [at, one]) : [];
}

function itemConstraints({ min, max, pattern, values }: TextRule): string {
  const all: string[] = [];
  if (max !== undefined) all.push(`Member must have length less than or equal to ${max}`);
  if (min !== undefined) all.push(`Member must have length greater than or equal to ${min}`);
  if (pattern !== undefined) all.push(`Member must satisfy regular expression pattern: ${pattern}`);
  if (values) all.push(`Member must satisfy enum value set: [${values.join(', ')}]`);
  return all.join(', ');
}

function checkForm(member: string, value: unknown, rule: Rule): void {
  const form = (rule as TextRule).form;
  if (typeof value !== 'string' || form === undefined) return;
  const of = `The specified value for ${lowerFirst(member)} is invalid.`;
  if (form === 'name' && !/^[\w+=,.@-]+$/.test(value))
    throw validationError(`${of} It must contain only alphanumeric characters and/or the following: +=,.@_-`);
  if (form === 'path' && !/^(\/|\/[\u0021-\u007e]+\/)$/.test(value))
    throw validationError(
      `${of} It must begin and end with / and contain only alphanumeric characters and/or / characters.`,
    );
}

/** Throws one ValidationError for everything that is wrong with an input. */
export function validate(operation: string, input: Readonly<Record<string, unknown>>): void {
  const found: [string, string][] = [];
  const checked = Object.entries(input).flatMap(([member, value]) => {
    const rule = ofOperation[operation]?.[member] ?? (Object.hasOwn(rules, member) ? rules[member] : undefined);
    return rule ? [{ member, value, rule }] : [];
  });
  for (const { member, value, rule } of checked) found.push(...violations(lowerFirst(member), value, rule));
  if (found.length > 0) {
    const count = `${found.length} validation error${found.length === 1 ? '' : 's'} detected: `;
    throw validationError(
      count + found.map(([at, must]) => `Value at '${at}' failed to satisfy constraint: ${must}`).join('; '),
    );
  }
  for (const { member, value, rule } of checked) checkForm(member, value, rule);
}
