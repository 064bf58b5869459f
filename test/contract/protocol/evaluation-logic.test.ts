/**
 * AWS's published evaluation logic, case by case, through the whole stack: real credentials of STS, signed requests, rows,
 * engine. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html, its pages on
 * cross-account requests and on explicit and implicit denies, and access_policies.html#policies_session.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CreateKeyCommand, DescribeKeyCommand, PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import { CreateSecretCommand, DescribeSecretCommand, PutResourcePolicyCommand } from '@aws-sdk/client-secrets-manager';
import { AssumeRoleCommand, GetFederationTokenCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts';
import { managedPolicies, users } from '#store/tables/iam.ts';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import {
  allow,
  deny,
  makeAccount,
  makeRole,
  makeUser,
  policy,
  type TestCredentials,
  toCredentials,
  trusting,
} from '../../support/identities.ts';

/** What a policy says of the action: nothing is a policy that speaks of something else; absent is no policy at all. */
type Says = 'allows' | 'denies' | 'is silent';
/** Whom the resource's policy names. */
type Names = 'the caller' | 'its role' | 'its user' | 'its account' | 'everyone' | 'somebody else';

interface Case {
  readonly caller: 'user' | 'role session' | 'federated user' | 'session of a user' | 'root';
  readonly across?: true;
  readonly identity?: Says;
  readonly resource?: Names;
  readonly resourceDenies?: Names;
  readonly boundary?: Says;
  readonly session?: Says;
  readonly allowed: boolean;
}

const yes = (caller: Case['caller'], more: Omit<Case, 'caller' | 'allowed'> = {}): Case => ({
  caller,
  ...more,
  allowed: true,
});
const no = (caller: Case['caller'], more: Omit<Case, 'caller' | 'allowed'> = {}): Case => ({
  caller,
  ...more,
  allowed: false,
});

const cases: readonly Case[] = [
  no('user'),
  yes('user', { identity: 'allows' }),
  no('user', { identity: 'is silent' }),
  yes('user', { resource: 'the caller' }),
  yes('user', { resource: 'everyone' }),
  no('user', { resource: 'its account' }),
  yes('user', { resource: 'its account', identity: 'allows' }),
  no('user', { resource: 'somebody else' }),
  yes('user', { resource: 'somebody else', identity: 'allows' }),
  no('user', { resource: 'the caller', identity: 'denies' }),
  no('user', { resourceDenies: 'the caller', identity: 'allows' }),
  no('user', { resourceDenies: 'everyone', identity: 'allows' }),
  no('user', { resourceDenies: 'its account', identity: 'allows' }),
  yes('user', { resourceDenies: 'somebody else', identity: 'allows' }),
  yes('user', { identity: 'allows', boundary: 'allows' }),
  no('user', { identity: 'allows', boundary: 'is silent' }),
  no('user', { identity: 'allows', boundary: 'denies' }),
  no('user', { boundary: 'allows' }),
  yes('user', { resource: 'the caller', boundary: 'is silent' }),
  no('user', { resource: 'the caller', boundary: 'denies' }),
  no('user', { resource: 'its account', identity: 'allows', boundary: 'is silent' }),

  no('role session'),
  yes('role session', { identity: 'allows' }),
  yes('role session', { resource: 'its role' }),
  no('role session', { resource: 'its role', boundary: 'is silent' }),
  no('role session', { resource: 'its role', session: 'is silent' }),
  yes('role session', { resource: 'its role', boundary: 'allows', session: 'allows' }),
  no('role session', { resource: 'its role', boundary: 'denies' }),
  no('role session', { resource: 'its role', session: 'denies' }),
  yes('role session', { resource: 'the caller' }),
  yes('role session', { resource: 'the caller', boundary: 'is silent' }),
  yes('role session', { resource: 'the caller', session: 'is silent' }),
  no('role session', { resource: 'the caller', session: 'denies' }),
  no('role session', { resource: 'its account' }),
  yes('role session', { resource: 'its account', identity: 'allows' }),
  yes('role session', { identity: 'allows', session: 'allows' }),
  no('role session', { identity: 'allows', session: 'is silent' }),
  no('role session', { session: 'allows' }),
  no('role session', { identity: 'allows', boundary: 'is silent' }),
  yes('role session', { identity: 'allows', boundary: 'allows', session: 'allows' }),
  no('role session', { identity: 'allows', boundary: 'allows', session: 'is silent' }),
  no('role session', { identity: 'allows', boundary: 'is silent', session: 'allows' }),
  no('role session', { identity: 'allows', resourceDenies: 'its role' }),
  no('role session', { identity: 'allows', resourceDenies: 'the caller' }),

  yes('federated user', { identity: 'allows', session: 'allows' }),
  no('federated user', { identity: 'allows' }),
  no('federated user', { session: 'allows' }),
  no('federated user', { identity: 'allows', session: 'denies' }),
  no('federated user', { identity: 'allows', session: 'allows', boundary: 'is silent' }),
  yes('federated user', { resource: 'the caller' }),
  no('federated user', { resource: 'its user' }),
  yes('federated user', { resource: 'its user', session: 'allows' }),
  no('federated user', { resource: 'its account', session: 'allows' }),

  yes('session of a user', { identity: 'allows' }),
  no('session of a user'),
  yes('session of a user', { resource: 'the caller' }),
  no('session of a user', { identity: 'allows', boundary: 'is silent' }),

  yes('root'),
  no('root', { resourceDenies: 'everyone' }),
  no('root', { resourceDenies: 'its account' }),

  no('user', { across: true, identity: 'allows' }),
  no('user', { across: true, resource: 'the caller' }),
  no('user', { across: true, resource: 'its account' }),
  no('user', { across: true, resource: 'everyone' }),
  yes('user', { across: true, resource: 'the caller', identity: 'allows' }),
  yes('user', { across: true, resource: 'its account', identity: 'allows' }),
  yes('user', { across: true, resource: 'everyone', identity: 'allows' }),
  no('user', { across: true, resource: 'somebody else', identity: 'allows' }),
  no('user', { across: true, resource: 'the caller', identity: 'denies' }),
  no('user', { across: true, resource: 'everyone', resourceDenies: 'its account', identity: 'allows' }),
  no('user', { across: true, resource: 'the caller', identity: 'allows', boundary: 'is silent' }),
  yes('role session', { across: true, resource: 'its role', identity: 'allows' }),
  yes('role session', { across: true, resource: 'the caller', identity: 'allows' }),
  no('role session', { across: true, resource: 'the caller' }),
  no('role session', { across: true, resource: 'its role', identity: 'allows', session: 'is silent' }),
  no('role session', { across: true, resource: 'the caller', identity: 'allows', session: 'is silent' }),
  yes('federated user', { across: true, resource: 'its account', identity: 'allows', session: 'allows' }),
  no('federated user', { across: true, resource: 'the caller' }),
  no('root', { across: true }),
  yes('root', { across: true, resource: 'its account' }),
  yes('root', { across: true, resource: 'everyone' }),
];

const other = '222222222222';
let plane: TestControlPlane;
let otherRoot: TestCredentials;
let serial = 0;
before(async () => {
  plane = await startTestControlPlane();
  otherRoot = makeAccount(plane, other).credentials;
});
after(() => plane.close());

const action = 'secretsmanager:DescribeSecret';
const statements: Readonly<Record<Says, object>> = {
  allows: allow(action),
  denies: deny(action),
  'is silent': allow('ecs:ListClusters'),
};
const saying = (says: Says | undefined) => (says ? [statements[says]] : []);

interface Named {
  readonly credentials: TestCredentials;
  readonly names: Readonly<Partial<Record<Names, unknown>>>;
}

function boundaryOf(account: string, says: Says | undefined): { permissionsBoundary?: string } {
  if (!says) return {};
  const name = `boundary-${++serial}`;
  const arn = `arn:aws:iam::${account}:policy/${name}`;
  const version = { versionId: 'v1', document: policy(statements[says]), createdAt: 0 };
  plane.store.transact((tx) =>
    tx.insert(managedPolicies, {
      arn,
      account,
      name,
      path: '/',
      id: `ANPA${String(serial).padStart(17, 'A')}`,
      createdAt: 0,
      updatedAt: 0,
      defaultVersionId: 'v1',
      lastVersion: 1,
      versions: [version],
      tags: {},
    } as never),
  );
  return { permissionsBoundary: arn };
}

/** Somebody with these policies, and the names that a resource's policy may use. */
async function makeCaller(one: Case): Promise<Named> {
  const account = one.across ? other : plane.account;
  const name = `caller-${++serial}`;
  const common = { 'its account': { AWS: account }, everyone: '*' };
  const more = { account, ...boundaryOf(account, one.boundary) };
  const Policy = one.session && policy(statements[one.session]);
  const own = saying(one.identity);
  if (one.caller === 'root') {
    const credentials = one.across ? otherRoot : plane.administrator;
    return { credentials, names: { ...common, 'the caller': { AWS: account } } };
  }
  if (one.caller === 'role session') {
    const opener = makeUser(plane, `opener-${serial}`, [allow('sts:*')], { account });
    const RoleArn = makeRole(plane, name, trusting({ AWS: opener.arn }), own, more);
    const sts = plane.sts({ credentials: opener.credentials });
    const made = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'me', Policy }));
    const session = { AWS: made.AssumedRoleUser!.Arn! };
    return {
      credentials: toCredentials(made.Credentials as never),
      names: { ...common, 'the caller': session, 'its role': { AWS: RoleArn } },
    };
  }
  const tokens = one.caller === 'federated user' ? [allow('sts:GetFederationToken')] : [];
  const limited = one.boundary && tokens.length > 0;
  const user = makeUser(plane, name, [...own, ...tokens], limited ? { account } : more);
  const names = { ...common, 'the caller': { AWS: user.arn }, 'its user': { AWS: user.arn } };
  const sts = plane.sts({ credentials: user.credentials });
  if (one.caller === 'user') return { credentials: user.credentials, names };
  if (one.caller === 'session of a user') {
    const { Credentials } = await sts.send(new GetSessionTokenCommand());
    return { credentials: toCredentials(Credentials as never), names };
  }
  const made = await sts.send(new GetFederationTokenCommand({ Name: 'fed', Policy }));
  if (limited) {
    plane.store.transact((tx) => tx.update(users, user.arn, (row) => ({ ...row, ...more })));
  }
  const federated = { AWS: made.FederatedUser!.Arn! };
  return { credentials: toCredentials(made.Credentials as never), names: { ...names, 'the caller': federated } };
}

const title = ({ allowed, ...one }: Case) =>
  `${Object.entries(one)
    .map(([key, value]) => (key === 'caller' ? value : value === true ? key : `${key}: ${value}`))
    .join(', ')} → ${allowed ? 'allowed' : 'denied'}`;

describe('a resource with a policy', () => {
  for (const one of cases) {
    test(title(one), async () => {
      const { credentials, names } = await makeCaller(one);
      const Name = `secret-${++serial}`;
      const root = plane.secretsManager();
      const { ARN } = await root.send(new CreateSecretCommand({ Name, SecretString: 's' }));
      const somebody = makeUser(plane, `somebody-${serial}`, []);
      const nameOf = (whom: Names) => (whom === 'somebody else' ? { AWS: somebody.arn } : names[whom]!);
      const statement = (Effect: string, whom: Names) => ({
        Effect,
        Principal: nameOf(whom),
        Action: action,
        Resource: '*',
      });
      const written = [
        ...(one.resource ? [statement('Allow', one.resource)] : []),
        ...(one.resourceDenies ? [statement('Deny', one.resourceDenies)] : []),
      ];
      if (written.length > 0) {
        await root.send(new PutResourcePolicyCommand({ SecretId: ARN, ResourcePolicy: policy(...written) }));
      }
      const asked = plane.secretsManager({ credentials }).send(new DescribeSecretCommand({ SecretId: ARN }));
      if (one.allowed) assert.equal((await asked).Name, Name);
      else await assert.rejects(asked, { name: 'AccessDeniedException' });
    });
  }
});

/** Roles and keys: nobody is let in whom their own policy does not name, within the account too. */
const ownPolicyCases = [
  { names: 'the caller', identity: false, allowed: true },
  { names: 'its account', identity: false, allowed: false },
  { names: 'its account', identity: true, allowed: true },
  { names: 'somebody else', identity: true, allowed: false },
  { names: 'the caller', identity: true, across: true, allowed: true },
  { names: 'its account', identity: true, across: true, allowed: true },
  { names: 'its account', identity: false, across: true, allowed: false },
  { names: 'the caller', identity: false, across: true, allowed: false },
  { names: 'somebody else', identity: true, across: true, allowed: false },
] as const;

for (const one of ownPolicyCases) {
  const { names, identity, allowed } = one;
  const across = 'across' in one;
  const words = `that names ${names}${across ? ', across accounts' : ''}${identity ? ', with identity policy' : ''}`;
  const make = (kind: string, allowing: object) => {
    const account = across ? other : plane.account;
    const user = makeUser(plane, `${kind}-${++serial}`, identity ? [allowing] : [], { account });
    const somebody = makeUser(plane, `else-${serial}`, []);
    const named = { 'the caller': user.arn, 'its account': account, 'somebody else': somebody.arn }[names];
    return { user, named };
  };

  test(`a trust policy ${words} → ${allowed ? 'allowed' : 'denied'}`, async () => {
    const { user, named } = make('assumer', allow('sts:AssumeRole'));
    const RoleArn = makeRole(plane, `trusting-${serial}`, trusting({ AWS: named }));
    const asked = plane
      .sts({ credentials: user.credentials })
      .send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'me' }));
    if (allowed) await asked;
    else await assert.rejects(asked, { name: 'AccessDenied' });
  });

  test(`a key policy ${words} → ${allowed ? 'allowed' : 'denied'}`, async () => {
    const { user, named } = make('key-user', allow('kms:*'));
    const root = plane.kms();
    const { KeyMetadata } = await root.send(new CreateKeyCommand({}));
    const KeyId = KeyMetadata!.Arn!;
    const grant = (AWS: string, Action: string) => ({ Effect: 'Allow', Principal: { AWS }, Action, Resource: '*' });
    const Policy = policy(
      grant(`arn:aws:iam::${plane.account}:root`, 'kms:PutKeyPolicy'),
      grant(named, 'kms:DescribeKey'),
    );
    await root.send(new PutKeyPolicyCommand({ KeyId, Policy, BypassPolicyLockoutSafetyCheck: true }));
    const asked = plane.kms({ credentials: user.credentials }).send(new DescribeKeyCommand({ KeyId }));
    if (allowed) await asked;
    else await assert.rejects(asked, { name: 'AccessDeniedException' });
  });
}
