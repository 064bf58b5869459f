/** One statement, compiled, and whether it speaks of a request. */
import { type Condition, compileCondition } from './conditions.ts';
import type { RequestContext } from './context.ts';
import type { RawStatement } from './document.ts';
import { type Glob, glob, matches } from './glob.ts';
import { listOf } from './list.ts';
import type { Principal } from './principal.ts';
import { compilePrincipal, type Grant, matchPrincipal, type PrincipalElement } from './principal-element.ts';
import { matchesTemplate, type Template, templateOf } from './variables.ts';

export interface Statement {
  /** Place in the document, from 0. */
  readonly index: number;
  readonly sid: string | undefined;
  readonly effect: 'Allow' | 'Deny';
  readonly principal: PrincipalElement | undefined;
  /** In lower case. */
  readonly actions: readonly Glob[];
  readonly notActions: boolean;
  /** Undefined where the element is missing, as in trust policies: the policy's own resource. */
  readonly resources: readonly Template[] | undefined;
  readonly notResources: boolean;
  readonly conditions: readonly Condition[];
}

/** What of a request a statement looks at; `action` in lower case. */
export interface Question {
  readonly principal: Principal;
  readonly action: string;
  readonly resource: string;
  readonly context: RequestContext;
}

function compileConditions(raw: RawStatement, hasVariables: boolean): Condition[] {
  return Object.entries(raw.Condition ?? {}).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, texts]) =>
      compileCondition(operator, key, listOf(texts).map(String), hasVariables),
    ),
  );
}

export function compileStatement(raw: RawStatement, index: number, hasVariables: boolean): Statement {
  const principal = raw.Principal ?? raw.NotPrincipal;
  const resources = raw.Resource ?? raw.NotResource;
  return {
    index,
    sid: raw.Sid || undefined,
    effect: raw.Effect,
    principal: principal === undefined ? undefined : compilePrincipal(principal, raw.NotPrincipal !== undefined),
    actions: listOf(raw.Action ?? raw.NotAction).map((action) => glob(action.toLowerCase(), 'text')),
    notActions: raw.NotAction !== undefined,
    resources:
      resources === undefined ? undefined : listOf(resources).map((one) => templateOf(one, 'resource', hasVariables)),
    notResources: raw.NotResource !== undefined,
    conditions: compileConditions(raw, hasVariables),
  };
}

export function matchesAction(statement: Statement, action: string): boolean {
  for (const pattern of statement.actions) if (matches(pattern, action)) return !statement.notActions;
  return statement.notActions;
}

export function matchesResource(statement: Statement, resource: string, context: RequestContext): boolean {
  if (!statement.resources) return true;
  for (const template of statement.resources) {
    if (matchesTemplate(template, resource, context)) return !statement.notResources;
  }
  return statement.notResources;
}

export function failedCondition(statement: Statement, context: RequestContext): Condition | undefined {
  for (const condition of statement.conditions) if (!condition.holds(context)) return condition;
  return undefined;
}

/** How far a statement that speaks of the request reaches; a policy without principals speaks of whom it is attached to. */
export function match(statement: Statement, question: Question): Grant | undefined {
  if (!matchesAction(statement, question.action)) return undefined;
  const grant = statement.principal
    ? matchPrincipal(statement.principal, statement.effect, question.principal)
    : 'direct';
  if (!grant || !matchesResource(statement, question.resource, question.context)) return undefined;
  return failedCondition(statement, question.context) ? undefined : grant;
}
