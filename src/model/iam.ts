/**
 * Rows of IAM: who there is in an account, and which policies are attached to whom. Policies are kept as the text that
 * the client sent; `auth` compiles them. Every row is of one account and of no region (IAM is global).
 */
export interface InlinePolicy {
  readonly name: string;
  /** JSON as its writer sent it, URL-decoded. */
  readonly document: string;
}

/** What users, groups and roles have in common. Names are unique without regard to case; paths begin and end in `/`. */
interface IdentityRow {
  /** `arn:aws:iam::<account>:user<path><name>` */
  readonly arn: string;
  readonly account: string;
  readonly path: string;
  readonly name: string;
  /** IAM's unique id, never used again: AIDA…, AGPA…, AROA…. */
  readonly id: string;
  readonly createdAt: number;
  /** ARNs of managed policies, AWS's (`arn:aws:iam::aws:policy/…`) or the account's, in the order of attachment. */
  readonly attachedPolicyArns: readonly string[];
  readonly inlinePolicies: readonly InlinePolicy[];
}

export interface UserRow extends IdentityRow {
  readonly groupArns: readonly string[];
  readonly permissionsBoundary?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly loginProfile?: LoginProfile;
}

export interface LoginProfile {
  readonly createdAt: number;
  /** Of the password that holds. */
  readonly changedAt: number;
  /** Sealed by the vault with the user's id as its context. */
  readonly sealedPassword: string;
  /** Those before it, newest first, sealed likewise; at most as many as a policy can forbid to use again. */
  readonly previousSealedPasswords?: readonly string[];
  readonly passwordResetRequired: boolean;
}

export interface GroupRow extends IdentityRow {}

export interface RoleRow extends IdentityRow {
  readonly description?: string;
  /** The trust policy. */
  readonly assumeRolePolicyDocument: string;
  readonly maxSessionDurationSeconds: number;
  readonly permissionsBoundary?: string;
  readonly tags: Readonly<Record<string, string>>;
  /** `ecs.amazonaws.com` for a service-linked role: only the service may use it, and nobody may change it. */
  readonly linkedService?: string;
}

/** When a role's credentials were last used; apart from the role, so that its use does not change what it permits. */
export interface RoleUseRow {
  readonly roleArn: string;
  readonly lastUsedAt: number;
  readonly region: string;
}

export interface PolicyVersion {
  /** `v1`, `v2` …; a number is never used twice. */
  readonly versionId: string;
  readonly document: string;
  readonly createdAt: number;
}

/** A customer managed policy. AWS's own are data in `policy/managed`. */
export interface ManagedPolicyRow {
  readonly arn: string;
  readonly account: string;
  readonly path: string;
  readonly name: string;
  /** ANPA… */
  readonly id: string;
  readonly description?: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly defaultVersionId: string;
  /** At most five, oldest first. */
  readonly versions: readonly PolicyVersion[];
  readonly nextVersion: number;
  readonly tags: Readonly<Record<string, string>>;
}

export interface InstanceProfileRow {
  readonly arn: string;
  readonly account: string;
  readonly path: string;
  readonly name: string;
  /** AIPA… */
  readonly id: string;
  readonly createdAt: number;
  readonly roleArn?: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface OpenIdConnectProviderRow {
  /** `arn:aws:iam::<account>:oidc-provider/<url without scheme>` */
  readonly arn: string;
  readonly account: string;
  /** Without `https://`. */
  readonly url: string;
  readonly clientIds: readonly string[];
  readonly thumbprints: readonly string[];
  readonly createdAt: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** An account that Slipway holds. */
export interface AccountRow {
  /** 12 digits. */
  readonly id: string;
  readonly name?: string;
  readonly createdAt: number;
  /** The one whose people run this installation: they alone make other accounts. There is one. */
  readonly isAdministrator?: true;
  /** Of IAM's CreateAccountAlias; unique among all accounts. */
  readonly alias?: string;
  readonly passwordPolicy?: PasswordPolicy;
  /** When IAM's GenerateCredentialReport was last asked. */
  readonly credentialReportAt?: number;
}

/** What passwords of an account's users must be. */
export interface PasswordPolicy {
  readonly minimumLength: number;
  readonly requireSymbols: boolean;
  readonly requireNumbers: boolean;
  readonly requireUppercase: boolean;
  readonly requireLowercase: boolean;
  readonly allowUsersToChange: boolean;
  readonly maxAgeDays?: number;
  readonly reusePrevention?: number;
  readonly hardExpiry?: boolean;
}

/** When an access key was last used, and for what; written now and then, never per request (`auth/access-key-use.ts`). */
export interface AccessKeyUseRow {
  readonly accessKeyId: string;
  readonly lastUsedAt: number;
  readonly region: string;
  /** The signing name: `ecs`. */
  readonly service: string;
}

/** A deletion of a service-linked role that somebody asked for. Its role's next deletion takes old ones away. */
export interface ServiceLinkedRoleDeletionRow {
  /** `task/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS/<uuid>` */
  readonly id: string;
  readonly account: string;
  readonly createdAt: number;
  readonly status: 'SUCCEEDED' | 'FAILED';
  readonly reason?: string;
  /** What still needs the role: ARNs, by region. */
  readonly usage?: readonly { readonly region: string; readonly resources: readonly string[] }[];
}

/** A temporary credential that must not be used any more, though its token says that it is still good. */
export interface RevokedSessionRow {
  readonly accessKeyId: string;
  /** When the token is dead anyhow; the row goes then. */
  readonly expiresAt: number;
}
