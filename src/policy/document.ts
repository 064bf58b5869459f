/**
 * The grammar of a policy document, and the checks of its values, in the order and with the texts of
 * MalformedPolicyDocument.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
import { parseOperator } from './conditions.ts';
import { listOf } from './list.ts';
import { malformedPrincipal } from './principal-element.ts';
import { malformedResource } from './resource-element.ts';
import { toDate } from './values.ts';

/**
 * What a document is attached to. `identity`: users, groups, roles, and managed policies; `boundary`: a managed policy as
 * a limit; `session`: handed to STS; `trust`: who may assume a role; `resource`: on a repository, a key, a secret.
 */
export const policyKinds = ['identity', 'boundary', 'session', 'trust', 'resource'] as const;
export type PolicyKind = (typeof policyKinds)[number];

export type PolicyVersion = '2008-10-17' | '2012-10-17';

export interface RawStatement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: unknown;
  readonly NotPrincipal?: unknown;
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly NotResource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, ConditionValue | readonly ConditionValue[]>>>>;
}

type ConditionValue = string | number | boolean;

export interface Document {
  readonly version: PolicyVersion;
  readonly id: string | undefined;
  readonly statements: readonly RawStatement[];
}

export interface Malformed {
  /** The message of MalformedPolicyDocument. */
  readonly malformed: string;
}

const syntax: Malformed = { malformed: 'Syntax errors in policy.' };
const legacy: Malformed = { malformed: 'The policy failed legacy parsing' };

const topElements = new Set(['Version', 'Id', 'Statement']);
const statementElements = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]);

type JsonObject = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isText = (value: unknown) => value === undefined || typeof value === 'string';
const isTexts = (value: unknown) =>
  isText(value) || (Array.isArray(value) && value.every((one) => typeof one === 'string'));
const isConditionValue = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value);

function isCondition(value: unknown): boolean {
  if (value === undefined) return true;
  if (!isObject(value)) return false;
  return Object.entries(value).every(([operator, keys]) => {
    if (!isObject(keys)) return false;
    if (!parseOperator(operator) && Object.keys(keys).length > 0) return false;
    return Object.values(keys).every(
      (one) => isConditionValue(one) || (Array.isArray(one) && one.every(isConditionValue)),
    );
  });
}

function isStatement(value: unknown): value is RawStatement {
  if (!isObject(value) || !Object.keys(value).every((name) => statementElements.has(name))) return false;
  const both = (name: string) => name in value && `Not${name}` in value;
  if (both('Action') || both('Resource') || both('Principal')) return false;
  const effect = value['Effect'];
  if (typeof effect !== 'string' || !/^(allow|deny)$/i.test(effect)) return false;
  if (!['Action', 'NotAction', 'Resource', 'NotResource'].every((name) => isTexts(value[name]))) return false;
  return isText(value['Sid']) && isCondition(value['Condition']);
}

function parse(source: unknown): JsonObject | undefined {
  if (typeof source !== 'string') return isObject(source) ? source : undefined;
  try {
    const value: unknown = JSON.parse(source);
    return isObject(value) ? value : undefined;
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}

/** The document as it is written, or nothing where the grammar is not kept. */
function read(source: unknown): (Omit<Document, 'version'> & { version: PolicyVersion | undefined }) | undefined {
  const document = parse(source);
  if (!document || !Object.keys(document).every((name) => topElements.has(name))) return undefined;
  const { Version: version, Id: id } = document;
  if (version !== undefined && version !== '2008-10-17' && version !== '2012-10-17') return undefined;
  const statements = listOf(document['Statement'] as unknown);
  if (!isText(id) || statements.length === 0 || !statements.every(isStatement)) return undefined;
  return { version, id: id as string | undefined, statements };
}

function hasBadDate(statement: RawStatement): boolean {
  return Object.entries(statement.Condition ?? {}).some(
    ([operator, keys]) =>
      parseOperator(operator)?.base.startsWith('date') &&
      Object.values(keys).some((texts) => listOf(texts).some((text) => toDate(String(text)) === undefined)),
  );
}

const actionsOf = (statement: RawStatement) => listOf(statement.Action ?? statement.NotAction);
const resourcesOf = (statement: RawStatement) => listOf(statement.Resource ?? statement.NotResource);

function malformedAction(action: string): string | undefined {
  if (action === '*') return undefined;
  const [vendor, ...rest] = action.split(':');
  if (rest.length === 0) return 'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.';
  if (rest.length > 1) return 'Actions/Condition can contain only one colon.';
  if (vendor !== '*' && /[^a-zA-Z0-9\-.]/.test(vendor!)) return `Vendor ${vendor} is not valid`;
  return undefined;
}

const trustActions = /^sts:(assumerole[a-z]*\*?|tagsession|setsourceidentity|setcontext)$/i;

/** What a kind of policy asks of each statement beyond the grammar. */
function malformedForKind(statement: RawStatement, kind: PolicyKind): string | undefined {
  const hasPrincipal = statement.Principal !== undefined || statement.NotPrincipal !== undefined;
  if (kind !== 'trust' && kind !== 'resource') {
    return hasPrincipal ? 'Policy document should not specify a principal.' : undefined;
  }
  if (!hasPrincipal) return 'Missing required field Principal';
  if (kind === 'trust') {
    if (statement.Resource !== undefined) return 'Has prohibited field Resource';
    if (statement.NotResource !== undefined) return 'Has prohibited field NotResource';
    if (actionsOf(statement).length === 0) return 'Missing required field Action';
    if (statement.NotAction !== undefined || !actionsOf(statement).every((action) => trustActions.test(action)))
      return 'AssumeRole policy may only specify STS AssumeRole actions.';
  }
  return malformedPrincipal(statement.Principal ?? statement.NotPrincipal);
}

/** The first that a list answers. */
function first<T>(list: readonly T[], check: (one: T) => string | undefined): Malformed | undefined {
  for (const one of list) {
    const malformed = check(one);
    if (malformed !== undefined) return { malformed };
  }
  return undefined;
}

function checkResources(statements: readonly RawStatement[], isRequired: boolean): Malformed | undefined {
  let error: Malformed | undefined;
  for (const resource of statements.flatMap((statement) => [...resourcesOf(statement)].sort().reverse())) {
    const malformed = malformedResource(resource);
    if (malformed === 'legacy') {
      if (!error) return legacy;
    } else if (malformed) error = { malformed };
  }
  const sids = statements.map((statement) => statement.Sid).filter(Boolean);
  if (new Set(sids).size < sids.length) return { malformed: 'Statement IDs (SID) in a single policy must be unique.' };
  if (statements.some((statement) => actionsOf(statement).length === 0))
    return { malformed: 'Policy statement must contain actions.' };
  if (isRequired && statements.some((statement) => resourcesOf(statement).length === 0))
    return { malformed: 'Policy statement must contain resources.' };
  return error;
}

/**
 * Reads a document: its text, or what JSON.parse made of it. The sizes that AWS allows are the caller's to check, because
 * they depend on what the policy is attached to.
 */
export function readDocument(source: unknown, kind: PolicyKind): Document | Malformed {
  const document = read(source);
  if (!document) return syntax;
  const { statements, id } = document;
  const needsVersion = kind === 'identity' || kind === 'boundary';
  if (needsVersion && document.version !== '2012-10-17')
    return { malformed: 'Policy document must be version 2012-10-17 or greater.' };
  if (statements.some((one) => (one.Effect !== 'Allow' && one.Effect !== 'Deny') || hasBadDate(one))) return legacy;
  return (
    (kind === 'trust' ? first(statements, (one) => malformedForKind(one, kind)) : undefined) ??
    checkResources(statements, kind !== 'trust' && kind !== 'resource') ??
    first(statements.flatMap(actionsOf), malformedAction) ??
    first(statements, (one) => malformedForKind(one, kind)) ?? {
      version: document.version ?? '2008-10-17',
      id,
      statements,
    }
  );
}
