/**
 * The answer to the pipeline's question: may this caller do all of this? It reads the policies from the view at every
 * question, so it works as well on a replica of the tables of IAM, and no decision is kept: an old one cannot outlive
 * a change. What a refusal was about is told to `denied`, for those who ask why later.
 */
import type { Clock } from '#lib/clock.ts';
import { type ContextValue, contextOf, type RequestContext } from '#policy/context.ts';
import { type AuthorizationQuestion, evaluate, type PolicyDecision } from '#policy/evaluate.ts';
import { globalKeys } from '#policy/global-keys.ts';
import { accessDeniedMessage } from '#policy/message.ts';
import { nameOf } from '#policy/principal.ts';
import type { AuthorizationRequest, Authorize, Decision, Permission, RequestFacts } from '#protocol/authorize.ts';
import type { Principal, SessionFacts } from '#protocol/service.ts';
import type { View } from '#store/store.ts';
import { policyOf } from './documents.ts';
import { type Caller, callerOf } from './principals.ts';

/** One permission that was refused, with everything that the refusal depends on. */
export interface Denial extends RequestFacts {
  readonly at: number;
  readonly question: AuthorizationQuestion;
  readonly decision: PolicyDecision;
  readonly message: string;
}

export interface AuthorizeDeps {
  readonly view: View;
  readonly clock: Clock;
  /** Hears of every refusal. */
  readonly denied?: (denial: Denial) => void;
  /** Hears of every role whose session was let do something. */
  readonly roleUsed?: (roleArn: string, region: string) => void;
}

/** Keys that the session carries, and what AWS says of multi-factor authentication: there are no devices here. */
function sessionKeys(session: SessionFacts | undefined): Record<string, ContextValue | undefined> {
  if (!session) return {};
  return {
    ...session.keys,
    'aws:SourceIdentity': session.sourceIdentity,
    'aws:MultiFactorAuthPresent': session.service === undefined ? 'false' : undefined,
  };
}

/** What every permission of the request has in common. */
export function contextOfRequest(
  facts: Omit<RequestFacts, 'requestId'>,
  caller: Caller,
  session: SessionFacts | undefined,
  nowMs: number,
): RequestContext {
  return contextOf({
    ...globalKeys({
      principal: caller.principal,
      userId: caller.userId,
      ...(caller.tags && { principalTags: caller.tags }),
      nowMs,
      sourceIp: facts.sourceIp === '' ? undefined : facts.sourceIp,
      secureTransport: facts.secure,
      userAgent: facts.userAgent === '' ? undefined : facts.userAgent,
      region: facts.region,
      tokenIssuedAtMs: session?.issuedAt,
    }),
    ...sessionKeys(session),
  });
}

/** The keys of one permission over those of the request. */
function contextOfPermission(common: RequestContext, permission: Permission, resourceAccount: string): RequestContext {
  const context = new Map(common);
  if (permission.resource !== '*') context.set('aws:resourceaccount', resourceAccount);
  const { resourceTags, requestTags, keys } = permission;
  const service = permission.action.slice(0, permission.action.indexOf(':')).toLowerCase();
  for (const [key, value] of Object.entries(resourceTags ?? {})) {
    const name = key.toLowerCase();
    context.set(`aws:resourcetag/${name}`, value);
    context.set(`${service}:resourcetag/${name}`, value);
  }
  if (requestTags) {
    context.set('aws:tagkeys', Object.keys(requestTags));
    for (const [key, value] of Object.entries(requestTags)) context.set(`aws:requesttag/${key.toLowerCase()}`, value);
  }
  for (const [key, value] of Object.entries(keys ?? {})) if (value !== undefined) context.set(key.toLowerCase(), value);
  return context;
}

const accountIn = /^arn:[^:]*:[^:]*:[^:]*:(\d{12}):/;
const roleArn = /^arn:aws:iam::\d{12}:role\//;

/** The question that a permission puts to the policy engine. */
export function questionOf(caller: Caller, common: RequestContext, permission: Permission): AuthorizationQuestion {
  const { action, resource, resourcePolicy } = permission;
  const { principal } = caller;
  const own = 'account' in principal ? principal.account : '';
  const resourceAccount = accountIn.exec(resource)?.[1] ?? own;
  return {
    principal,
    action,
    resource,
    resourceAccount,
    ...(permission.needsResourcePolicy && { needsResourcePolicy: true }),
    resourcePolicy: resourcePolicy && {
      name: resourcePolicy.name,
      policy: policyOf(resourcePolicy.document, roleArn.test(resource) ? 'trust' : 'resource'),
    },
    context: contextOfPermission(common, permission, resourceAccount),
  };
}

/** A role that is not there must look like one that does not trust the caller. */
function messageOf(question: AuthorizationQuestion, decision: PolicyDecision): string {
  const isHidden = question.needsResourcePolicy && decision.missing === 'resource-based' && !question.resourcePolicy;
  if (!isHidden) return accessDeniedMessage(question, decision);
  const { principal, action, resource } = question;
  return `User: ${nameOf(principal)} is not authorized to perform: ${action} on resource: ${resource}`;
}

const refusedKey = 'The security token included in the request is invalid.';

/** AWS takes no temporary credentials of users in IAM, unless they were made with a second factor. */
const mayNotUseIam = ({ session }: Principal, action: string) =>
  session !== undefined && session.kind !== 'assumed-role' && action.startsWith('iam:');

type Question = Omit<AuthorizationRequest, 'principal'>;

/** The same for a caller that was found out by other means than a signature. */
export function authorizeCaller(
  deps: AuthorizeDeps,
  caller: Caller,
  request: Question,
  session?: SessionFacts,
): Decision {
  const at = deps.clock.now();
  const common = contextOfRequest(request, caller, session, at);
  for (const permission of request.permissions) {
    const question = questionOf(caller, common, permission);
    const decision = evaluate(question);
    if (decision.allowed) continue;
    const message = messageOf(question, decision);
    const { requestId, region, sourceIp, userAgent, secure } = request;
    deps.denied?.({ requestId, region, sourceIp, userAgent, secure, at, question, decision, message });
    return { allowed: false, message };
  }
  return { allowed: true };
}

export function createAuthorize(deps: AuthorizeDeps): Authorize {
  return (request) => {
    const { principal, permissions } = request;
    const { session } = principal;
    if (permissions.length > 0) {
      if (permissions.some(({ action }) => mayNotUseIam(principal, action))) {
        return { allowed: false, failure: 'unknownKey', message: refusedKey };
      }
      const decision = authorizeCaller(deps, callerOf(deps.view, principal), request, session);
      if (!decision.allowed) return decision;
    }
    if (session?.kind === 'assumed-role') deps.roleUsed?.(session.issuerArn, request.region);
    return { allowed: true };
  };
}
