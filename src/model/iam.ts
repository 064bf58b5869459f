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
  /** Of IAM's CreateAccountAlias; unique among all accounts. */
  readonly alias?: string;
}

/** A temporary credential that must not be used any more, though its token says that it is still good. */
export interface RevokedSessionRow {
  readonly accessKeyId: string;
  /** When the token is dead anyhow; the row goes then. */
  readonly expiresAt: number;
}
