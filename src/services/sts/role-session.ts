/** What the operations that assume a role have in common: the role's name, limits of time, and the session itself. */
import type { Credentials } from '@aws-sdk/client-sts';
import type { TemporaryCredentials } from '#auth/sessions.ts';
import type { RoleRow } from '#model/iam.ts';
import { Constraints } from '#protocol/constraints.ts';
import type { SessionFacts } from '#protocol/service.ts';
import type { StsContext } from './context.ts';
import { validationError } from './errors.ts';
import type { SessionPolicies } from './session-policies.ts';
import type { SessionTags } from './session-tags.ts';

export interface RoleRequest {
  readonly RoleArn: string | undefined;
  readonly RoleSessionName: string | undefined;
  readonly DurationSeconds?: number | undefined;
}

const minSeconds = 900;
const maxSeconds = 43_200;
const usualSeconds = 3_600;
const chainedSeconds = 3_600;
export const nameText = '[\\w+=,.@-]*';

const roleArn = /^arn:aws[a-z-]*:iam::(\d{12}):role\/.+$/;

export const isRoleArn = (arn: string): boolean => roleArn.test(arn);

/** The account of a role's ARN. */
export function checkRoleArn(arn: string): string {
  if (!arn.startsWith('arn:')) throw validationError('Request ARN is invalid');
  const account = roleArn.exec(arn)?.[1];
  if (account === undefined) throw validationError(`${arn} is invalid`);
  return account;
}

export const checkRoleRequest = (input: RoleRequest): Constraints =>
  new Constraints()
    .text('roleArn', input.RoleArn, { min: 20, max: 2_048 })
    .text('roleSessionName', input.RoleSessionName, { min: 2, max: 64, pattern: nameText })
    .number('durationSeconds', input.DurationSeconds, { min: minSeconds, max: maxSeconds });

/** How long the session lives. A role that assumes a role does so for an hour at most, whatever the role allows. */
export function durationOf(role: RoleRow, asked: number | undefined, isChained: boolean): number {
  if (asked === undefined) return Math.min(usualSeconds, role.maxSessionDurationSeconds);
  if (isChained && asked > chainedSeconds) {
    throw validationError(
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    );
  }
  if (asked > role.maxSessionDurationSeconds) {
    throw validationError('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.');
  }
  return asked;
}

export interface NewRoleSession extends SessionPolicies, SessionTags {
  readonly role: RoleRow;
  readonly name: string;
  readonly seconds: number;
  readonly isChained: boolean;
  readonly sourceIdentity?: string | undefined;
  readonly keys?: SessionFacts['keys'];
}

export const viewCredentials = (made: TemporaryCredentials): Credentials => ({
  AccessKeyId: made.accessKeyId,
  SecretAccessKey: made.secretAccessKey,
  SessionToken: made.sessionToken,
  Expiration: new Date(made.expiresAt),
});

/** Tokens tell whole seconds, as AWS's do. */
export const wholeSecond = (ms: number): number => Math.floor(ms / 1000) * 1000;

export function issueRoleSession(ctx: StsContext, wanted: NewRoleSession) {
  const { role, name, seconds, sourceIdentity, tags, transitiveTagKeys, policies, policyArns, keys } = wanted;
  const issuedAt = wholeSecond(ctx.clock.now());
  const principal = {
    account: role.account,
    arn: `arn:aws:sts::${role.account}:assumed-role/${role.name}/${name}`,
    userId: `${role.id}:${name}`,
  };
  const made = ctx.deps.sessions.issue({
    ...principal,
    session: {
      kind: 'assumed-role',
      issuedAt,
      expiresAt: issuedAt + seconds * 1000,
      issuerArn: role.arn,
      issuerId: role.id,
      name,
      ...(policies && { policies }),
      ...(policyArns && { policyArns }),
      ...(Object.keys(tags).length > 0 && { tags }),
      ...(transitiveTagKeys.length > 0 && { transitiveTagKeys }),
      ...(sourceIdentity !== undefined && { sourceIdentity }),
      ...(wanted.isChained && { chained: true }),
      ...(keys && { keys }),
    },
  });
  return {
    Credentials: viewCredentials(made),
    AssumedRoleUser: { AssumedRoleId: principal.userId, Arn: principal.arn },
  };
}
