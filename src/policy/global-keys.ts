/**
 * The global condition keys: what every request carries, whatever the service.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
import type { ContextValue } from './context.ts';
import type { Principal } from './principal.ts';

type Tags = Readonly<Record<string, string>>;

export interface GlobalFacts {
  readonly principal: Principal;
  /** IAM's unique id, `AROA…:session` for a role's session; `aws:userid`. */
  readonly userId?: string | undefined;
  /** Of the user, or of the role and the session. */
  readonly principalTags?: Tags;
  readonly nowMs: number;
  readonly sourceIp?: string | undefined;
  readonly secureTransport: boolean;
  readonly userAgent?: string | undefined;
  readonly region: string;
  /** Tags that the request sets. */
  readonly requestTags?: Tags;
  /** Keys of tags that the request sets or takes away. */
  readonly tagKeys?: readonly string[];
  readonly resourceTags?: Tags;
  readonly resourceAccount?: string | undefined;
  /** When temporary credentials were issued. */
  readonly tokenIssuedAtMs?: number | undefined;
  /** A service calls for somebody else. */
  readonly sourceArn?: string | undefined;
  readonly sourceAccount?: string | undefined;
  readonly viaService?: string | undefined;
}

const principalTypes: Readonly<Record<Principal['kind'], string>> = {
  root: 'Account',
  user: 'User',
  'role-session': 'AssumedRole',
  'federated-user': 'FederatedUser',
  service: 'Service',
  'web-identity': 'Anonymous',
  anonymous: 'Anonymous',
};

function tagKeys(prefix: string, tags: Tags | undefined): [string, ContextValue][] {
  return Object.entries(tags ?? {}).map(([key, value]) => [`${prefix}/${key}`, value]);
}

function aboutPrincipal({ principal, userId, principalTags }: GlobalFacts): [string, ContextValue | undefined][] {
  const facts: [string, ContextValue | undefined][] = [
    ['aws:PrincipalType', principalTypes[principal.kind]],
    ['aws:PrincipalIsAWSService', String(principal.kind === 'service')],
    ['aws:userid', userId],
    ...tagKeys('aws:PrincipalTag', principalTags),
  ];
  if (principal.kind === 'service') facts.push(['aws:PrincipalServiceName', principal.service]);
  if (!('account' in principal)) return facts;
  facts.push(['aws:PrincipalAccount', principal.account]);
  facts.push(['aws:PrincipalArn', principal.kind === 'role-session' ? principal.roleArn : principal.arn]);
  if (principal.kind === 'user') facts.push(['aws:username', principal.arn.slice(principal.arn.lastIndexOf('/') + 1)]);
  return facts;
}

const iso = (ms: number) => new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');

/** To be handed to `contextOf`, together with the service's own keys. */
export function globalKeys(facts: GlobalFacts): Record<string, ContextValue | undefined> {
  return Object.fromEntries([
    ...aboutPrincipal(facts),
    ['aws:CurrentTime', iso(facts.nowMs)],
    ['aws:EpochTime', String(Math.floor(facts.nowMs / 1000))],
    ['aws:SourceIp', facts.sourceIp],
    ['aws:SecureTransport', String(facts.secureTransport)],
    ['aws:UserAgent', facts.userAgent],
    ['aws:RequestedRegion', facts.region],
    ['aws:ResourceAccount', facts.resourceAccount],
    ['aws:TokenIssueTime', facts.tokenIssuedAtMs === undefined ? undefined : iso(facts.tokenIssuedAtMs)],
    ['aws:SourceArn', facts.sourceArn],
    ['aws:SourceAccount', facts.sourceAccount],
    ['aws:CalledVia', facts.viaService === undefined ? undefined : [facts.viaService]],
    ['aws:ViaAWSService', String(facts.viaService !== undefined)],
    ['aws:TagKeys', facts.tagKeys ?? (facts.requestTags && Object.keys(facts.requestTags))],
    ...tagKeys('aws:RequestTag', facts.requestTags),
    ...tagKeys('aws:ResourceTag', facts.resourceTags),
  ]);
}
