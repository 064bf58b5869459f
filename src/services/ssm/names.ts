/**
 * Names of parameters: what they may be, and what a client may call one by.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
 */
import { parseArn, partitionOf, type Scope, scopeKey } from '#model/arn.ts';
import { Constraints } from '#protocol/constraints.ts';
import { hierarchyTooDeep, reservedName, validation } from './errors.ts';

const MAX_LEVELS = 15;
/** AWS counts the ARN that leads to the name as part of its length. */
const MAX_NAME_LENGTH = 1011;

export const parameterKey = (scope: Scope, name: string): string => `${scopeKey(scope)}/${name}`;

export const parameterArn = (scope: Scope, name: string): string =>
  `arn:${partitionOf(scope.region)}:ssm:${scope.region}:${scope.account}:parameter/${name.replace(/^\//, '')}`;

const grammar =
  'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_';

/** A name of a parameter that is to be made. */
export function checkNewName(name: string): void {
  new Constraints().text('name', name, { min: 1, max: 2048 }).check();
  if (name.includes('/') && !name.startsWith('/')) throw validation('Parameter name must be a fully qualified name.');
  if (/^\/?(aws|ssm)/i.test(name)) {
    const isPath = name.split('/').length > 2;
    if (isPath && /^\/aws/i.test(name)) throw reservedName(name);
    throw validation(isPath ? grammar : 'Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).');
  }
  if (!/^(\/[a-zA-Z0-9_.-]+)+$|^[a-zA-Z0-9_.-]+$/.test(name) || name.length > MAX_NAME_LENGTH)
    throw validation(grammar);
  if (name.split('/').filter(Boolean).length > MAX_LEVELS) throw hierarchyTooDeep();
}

/** A client's name for a parameter: names that it may mean, in the order in which they are tried. */
export interface NamedParameter extends Scope {
  readonly given: string;
  readonly names: readonly string[];
  /** With its colon, as answers repeat it: `:3`, `:label`. */
  readonly selector?: string;
}

/** Undefined for text that cannot name a parameter of this region. */
export function parseName(scope: Scope, given: string): NamedParameter | undefined {
  const arn = given.startsWith('arn:') ? parseArn(given) : undefined;
  if (given.startsWith('arn:') && (arn?.service !== 'ssm' || !arn.resource.startsWith('parameter/'))) return undefined;
  if (arn && arn.region !== scope.region) return undefined;
  const text = arn ? arn.resource.slice('parameter'.length) : given;
  const [name, selector, ...more] = text.split(':');
  if (!name || more.length > 0 || selector === '') return undefined;
  const plain = name.slice(1);
  const names = !arn ? [name] : plain.includes('/') ? [name] : [plain, name];
  return {
    account: arn?.account ? arn.account : scope.account,
    region: scope.region,
    given,
    names,
    ...(selector !== undefined && { selector: `:${selector}` }),
  };
}

export const pathRequirements =
  'The parameter doesn\'t meet the parameter name requirements. The parameter name must begin with a forward slash "/". It can\'t be prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, numbers, or the following symbols: . (period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if specified, must use the forward slash symbol "/". Valid example: /get/parameters2-/by1./path0_.';

/** A path ends in a slash or does not: it is the same path. */
export const isPath = (path: string): boolean => /^\/([a-zA-Z0-9_.-]+\/?)*$/.test(path);

export function isUnder(name: string, path: string, recursive: boolean): boolean {
  const prefix = path.endsWith('/') ? path : `${path}/`;
  const full = name.startsWith('/') ? name : `/${name}`;
  return full.startsWith(prefix) && (recursive || !full.slice(prefix.length).includes('/'));
}
