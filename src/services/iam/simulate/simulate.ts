/**
 * What AWS's policy simulator answers, by the engine that decides on real requests: every action on every resource, which
 * statements decided, and which context keys the statements ask for that the request does not give.
 *
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
 */
import type {
  EvaluationResult,
  PolicyEvaluationDecisionType,
  ResourceSpecificResult,
  Statement,
} from '@aws-sdk/client-iam';
import { parseArn } from '#model/arn.ts';
import type { RequestContext } from '#policy/context.ts';
import { type AuthorizationQuestion, evaluate, type PolicyDecision, type PolicyType } from '#policy/evaluate.ts';
import { explain } from '#policy/explain.ts';
import type { AttachedPolicy, Principal } from '#policy/principal.ts';
import { matchesAction, matchesResource } from '#policy/statement.ts';
import { invalidInput } from '../errors.ts';
import { keysOfStatement, statementsOf, uniqueKeys } from './context-keys.ts';
import { resourceTemplate } from './resource-template.ts';
import type { Source } from './sources.ts';
import { type Span, statementSpans } from './statement-positions.ts';

/** A caller without its policies: those are the sources. */
export type Caller =
  | { readonly kind: 'user'; readonly account: string; readonly arn: string; readonly userId: string }
  | {
      readonly kind: 'role-session';
      readonly account: string;
      readonly arn: string;
      readonly roleArn: string;
      readonly roleId: string;
    };

export interface Simulation {
  readonly caller: Caller;
  readonly identity: readonly Source[];
  readonly boundary?: Source | undefined;
  readonly resourcePolicy?: Source | undefined;
  /** Service control policies, a list for each level from the organisation's root to the account. */
  readonly organization?: readonly (readonly Source[])[] | undefined;
  readonly actions: readonly string[];
  /** Undefined: every resource, as `*`. */
  readonly resources: readonly string[] | undefined;
  /** Owner of resources whose ARN names none. */
  readonly resourceAccount: string;
  readonly context: RequestContext;
}

/** What is read of a policy's text, once a simulation. */
interface Reading {
  readonly spans: readonly Span[];
  /** Of each statement: keys that it asks for, and whether it has variables. */
  readonly statements: readonly { readonly keys: readonly string[]; readonly hasVariables: boolean }[];
}

const readings = new WeakMap<Source, Reading>();

function read(source: Source): Reading {
  let reading = readings.get(source);
  if (!reading) {
    reading = {
      spans: statementSpans(source.text),
      statements: statementsOf(source.text).map((statement) => ({
        keys: keysOfStatement(statement),
        hasVariables: JSON.stringify([statement['Resource'], statement['NotResource']]).includes('${'),
      })),
    };
    readings.set(source, reading);
  }
  return reading;
}

/** Two managed policies may share a name, no two an ARN. */
const idOf = (source: Source) => source.arn ?? source.name;
const attached = (source: Source): AttachedPolicy => ({ name: idOf(source), policy: source.policy });

function questionOf(simulation: Simulation, action: string, resource: string): AuthorizationQuestion {
  const { boundary, resourcePolicy, context } = simulation;
  const principal: Principal = {
    ...simulation.caller,
    identityPolicies: simulation.identity.map(attached),
    boundary: boundary && attached(boundary),
  };
  const account = parseArn(resource)?.account;
  return {
    principal,
    action,
    resource,
    resourceAccount: account && /^\d{12}$/.test(account) ? account : simulation.resourceAccount,
    resourcePolicy: resourcePolicy && attached(resourcePolicy),
    context,
  };
}

/** The same request, with nothing but these policies on the caller's side. */
const withOnly = (question: AuthorizationQuestion, policies: readonly AttachedPolicy[]): PolicyDecision =>
  evaluate({
    ...question,
    principal: {
      ...(question.principal as Principal & { kind: 'user' }),
      identityPolicies: policies,
      boundary: undefined,
    },
    resourceAccount: 'account' in question.principal ? question.principal.account : question.resourceAccount,
    resourcePolicy: undefined,
  });

interface Outcome {
  readonly resource: string;
  readonly decision: PolicyEvaluationDecisionType;
  readonly matched: readonly Statement[];
  readonly missing: readonly string[];
  readonly byBoundary?: boolean;
  readonly byOrganization?: boolean;
  readonly details?: Readonly<Record<string, PolicyEvaluationDecisionType>>;
}

const typesOf: Readonly<Record<Source['type'], readonly PolicyType[]>> = {
  'IAM Policy': ['identity-based'],
  'Permissions Boundary Policy': ['boundary'],
  'Resource Policy': ['resource-based', 'trust'],
};

function matchedStatements(
  question: AuthorizationQuestion,
  kind: PolicyDecision['kind'],
  sources: readonly Source[],
): Statement[] {
  if (kind === 'implicitDeny') return [];
  const effect = kind === 'allowed' ? 'Allow' : 'Deny';
  return explain(question).flatMap((note) => {
    if (note.mismatch !== undefined || note.effect !== effect) return [];
    if (kind === 'allowed' && note.policyType === 'boundary') return [];
    const source = sources.find((one) => idOf(one) === note.policy && typesOf[one.type].includes(note.policyType));
    const span = source && read(source).spans[note.index];
    // The model names other types than the simulator answers.
    return source
      ? [{ SourcePolicyId: source.name, SourcePolicyType: source.type, ...span } as unknown as Statement]
      : [];
  });
}

/** Keys of statements that name the action, and may name the resource, that the context lacks. */
function missingKeys(question: AuthorizationQuestion, sources: readonly Source[]): string[] {
  const action = question.action.toLowerCase();
  const keys = sources.flatMap((source) =>
    source.policy.statements.flatMap((statement) => {
      if (!matchesAction(statement, action)) return [];
      const { keys: asked, hasVariables } = read(source).statements[statement.index]!;
      const mayMatch = question.resource === '*' || hasVariables;
      return mayMatch || matchesResource(statement, question.resource, question.context) ? asked : [];
    }),
  );
  return uniqueKeys(keys).filter((key) => !question.context.has(key.toLowerCase()));
}

function outcomeOf(simulation: Simulation, action: string, resource: string): Outcome {
  const question = questionOf(simulation, action, resource);
  const { identity, boundary, resourcePolicy, organization } = simulation;
  const sources = [...identity, ...(boundary ? [boundary] : []), ...(resourcePolicy ? [resourcePolicy] : [])];
  const decision = evaluate(question);
  const levels = organization?.map((level) => withOnly(question, level.map(attached)));
  const byOrganization = levels?.every((level) => level.allowed);
  const isForbidden = levels?.some((level) => level.kind === 'explicitDeny');
  const kind = isForbidden
    ? 'explicitDeny'
    : byOrganization === false && decision.allowed
      ? 'implicitDeny'
      : decision.kind;
  return {
    resource,
    decision: kind,
    matched: isForbidden ? [] : matchedStatements(question, kind, sources),
    missing: missingKeys(question, sources),
    ...(boundary && { byBoundary: withOnly(question, [attached(boundary)]).allowed }),
    ...(byOrganization !== undefined && { byOrganization }),
    ...(decision.isCrossAccount && { details: detailsOf(question, decision) }),
  };
}

/** Of a request across accounts: what each side says. */
function detailsOf(question: AuthorizationQuestion, decision: PolicyDecision): Outcome['details'] {
  const own = withOnly(question, (question.principal as Principal & { kind: 'user' }).identityPolicies);
  const byResource = decision.trail.find((step) => step.policyType === 'resource-based')?.outcome;
  const spoken = { allows: 'allowed', denies: 'explicitDeny', 'is silent': 'implicitDeny' } as const;
  return { 'IAM Policy': own.kind, 'Resource Policy': spoken[byResource ?? 'is silent'] };
}

const sharedPart = (outcome: Outcome) => ({
  MatchedStatements: [...outcome.matched],
  ...(outcome.byBoundary !== undefined && {
    PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: outcome.byBoundary },
  }),
});

const specific = (outcome: Outcome): ResourceSpecificResult => ({
  EvalResourceName: outcome.resource,
  EvalResourceDecision: outcome.decision,
  MissingContextValues: [...outcome.missing],
  EvalDecisionDetails: { ...outcome.details },
  ...sharedPart(outcome),
});

function overall(outcomes: readonly Outcome[]): PolicyEvaluationDecisionType {
  if (outcomes.some((one) => one.decision === 'explicitDeny')) return 'explicitDeny';
  return outcomes.every((one) => one.decision === 'allowed') ? 'allowed' : 'implicitDeny';
}

/** More, and one request would keep all others waiting for seconds. */
const mostCombinations = 10_000;

/** One result an action; with resources, their own results are in it. */
export function simulate(simulation: Simulation): EvaluationResult[] {
  if (simulation.actions.length * (simulation.resources?.length ?? 1) > mostCombinations)
    throw invalidInput('Too many combinations of actions and resources. Ask for fewer, or for a page of actions.');
  return simulation.actions.map((action) => {
    const outcomes = (simulation.resources ?? ['*']).map((resource) => outcomeOf(simulation, action, resource));
    const [only] = outcomes;
    const isOne = outcomes.length === 1;
    const boundary = outcomes.every((one) => one.byBoundary !== false);
    const result: EvaluationResult = {
      EvalActionName: action,
      EvalResourceName: isOne ? only!.resource : resourceTemplate(action),
      EvalDecision: overall(outcomes),
      ...(isOne ? sharedPart(only!) : { MatchedStatements: [] }),
      MissingContextValues: simulation.resources ? [] : [...only!.missing],
      ...(simulation.organization && {
        OrganizationsDecisionDetail: { AllowedByOrganizations: outcomes.every((one) => one.byOrganization) },
      }),
    };
    if (!isOne && simulation.boundary)
      result.PermissionsBoundaryDecisionDetail = { AllowedByPermissionsBoundary: boundary };
    if (!simulation.resources) return result;
    return {
      ...result,
      EvalDecisionDetails: isOne ? { ...only!.details } : {},
      ResourceSpecificResults: outcomes.map(specific),
    };
  });
}
