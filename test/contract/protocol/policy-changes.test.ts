/**
 * No decision outlives a change of policy: random changes through IAM's API, with requests under way all the time; from the
 * moment that a change is answered, every decision is that of a model which knows nothing but the changes.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CreateRepositoryCommand } from '@aws-sdk/client-ecr';
import { ListClustersCommand } from '@aws-sdk/client-ecs';
import * as iam from '@aws-sdk/client-iam';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import fc from 'fast-check';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { allow, deny, policy, type TestCredentials, toCredentials, trusting } from '../../support/identities.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? Math.trunc(Math.random() * 2 ** 31));
const numRuns = Number(process.env['FUZZ_RUNS'] ?? 30);

type Says = 'allows' | 'denies' | 'is silent';
const documents: Readonly<Record<Says, string>> = {
  allows: policy(allow('ecs:List*')),
  denies: policy(deny('ecs:ListClusters')),
  'is silent': policy(allow('logs:*')),
};

/** What is attached to whom, as the changes have left it. */
interface Model {
  userInline?: Says | undefined;
  groupInline?: Says | undefined;
  roleInline?: Says | undefined;
  managed: Says;
  /** Who has the managed policy, and who has it as a boundary. */
  attached: Set<'user' | 'group' | 'role'>;
  bounded: Set<'user' | 'role'>;
  inGroup: boolean;
  isActive: boolean;
}

const decide = (policies: readonly (Says | undefined)[], boundary: Says | undefined): boolean => {
  if ([...policies, boundary].includes('denies')) return false;
  return policies.includes('allows') && (boundary === undefined || boundary === 'allows');
};

function mayUser(model: Model): boolean {
  const of = (whom: 'user' | 'group') => (model.attached.has(whom) ? model.managed : undefined);
  const ofGroup = model.inGroup ? [model.groupInline, of('group')] : [];
  const policies = [model.userInline, of('user'), ...ofGroup];
  return model.isActive && decide(policies, model.bounded.has('user') ? model.managed : undefined);
}

function mayRole(model: Model): boolean {
  const policies = [model.roleInline, model.attached.has('role') ? model.managed : undefined];
  return decide(policies, model.bounded.has('role') ? model.managed : undefined);
}

let plane: TestControlPlane;
let user: TestCredentials;
let session: TestCredentials;
let PolicyArn: string;
const names = { UserName: 'u', GroupName: 'g', RoleName: 'r' };

before(async () => {
  process.stdout.write(`# repeat with: FUZZ_SEED=${seed} node --test test/contract/protocol/policy-changes.test.ts\n`);
  plane = await startTestControlPlane();
  const root = plane.iam();
  await root.send(new iam.CreateUserCommand(names));
  const { AccessKey } = await root.send(new iam.CreateAccessKeyCommand(names));
  user = { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
  await root.send(new iam.CreateGroupCommand(names));
  const opener = await root.send(new iam.CreateUserCommand({ UserName: 'opener' }));
  const { AccessKey: key } = await root.send(new iam.CreateAccessKeyCommand({ UserName: 'opener' }));
  const AssumeRolePolicyDocument = trusting({ AWS: opener.User!.Arn! });
  const { Role } = await root.send(new iam.CreateRoleCommand({ ...names, AssumeRolePolicyDocument }));
  const credentials = { accessKeyId: key!.AccessKeyId!, secretAccessKey: key!.SecretAccessKey! };
  const made = await plane
    .sts({ credentials })
    .send(new AssumeRoleCommand({ RoleArn: Role!.Arn, RoleSessionName: 'me' }));
  session = toCredentials(made.Credentials as never);
  const { Policy } = await root.send(
    new iam.CreatePolicyCommand({ PolicyName: 'p', PolicyDocument: documents['is silent'] }),
  );
  PolicyArn = Policy!.Arn!;
});
after(() => plane.close());

type Change =
  | { readonly kind: 'inline'; readonly on: 'user' | 'group' | 'role'; readonly says: Says | undefined }
  | { readonly kind: 'attach'; readonly on: 'user' | 'group' | 'role'; readonly to: boolean }
  | { readonly kind: 'bound'; readonly on: 'user' | 'role'; readonly to: boolean }
  | { readonly kind: 'version'; readonly says: Says }
  | { readonly kind: 'group'; readonly to: boolean }
  | { readonly kind: 'key'; readonly to: boolean };

const says = fc.constantFrom<Says>('allows', 'allows', 'denies', 'is silent');
const whom = fc.constantFrom<'user' | 'group' | 'role'>('user', 'group', 'role');
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('inline' as const), on: whom, says: fc.option(says, { nil: undefined }) }),
  fc.record({ kind: fc.constant('attach' as const), on: whom, to: fc.boolean() }),
  fc.record({
    kind: fc.constant('bound' as const),
    on: fc.constantFrom<'user' | 'role'>('user', 'role'),
    to: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('version' as const), says }),
  fc.record({ kind: fc.constant('group' as const), to: fc.boolean() }),
  fc.record({ kind: fc.constant('key' as const), to: fc.boolean() }),
);

const PolicyName = 'own';
type Commands = Readonly<Record<'user' | 'group' | 'role', readonly (new (input: never) => object)[]>>;
const made = (Command: (new (input: never) => object) | undefined, input: object) => new Command!(input as never);
const inlineCommands: Commands = {
  user: [iam.PutUserPolicyCommand, iam.DeleteUserPolicyCommand],
  group: [iam.PutGroupPolicyCommand, iam.DeleteGroupPolicyCommand],
  role: [iam.PutRolePolicyCommand, iam.DeleteRolePolicyCommand],
};
const attachCommands: Commands = {
  user: [iam.AttachUserPolicyCommand, iam.DetachUserPolicyCommand],
  group: [iam.AttachGroupPolicyCommand, iam.DetachGroupPolicyCommand],
  role: [iam.AttachRolePolicyCommand, iam.DetachRolePolicyCommand],
};

/** Makes the change for real and in the model; what is so already is left. */
async function apply(root: iam.IAMClient, model: Model, one: Change): Promise<void> {
  const send = (command: object) => root.send(command as never);
  switch (one.kind) {
    case 'inline': {
      const member = `${one.on}Inline` as const;
      const [Put, Delete] = inlineCommands[one.on];
      if (one.says) await send(made(Put, { ...names, PolicyName, PolicyDocument: documents[one.says] }));
      else if (model[member]) await send(made(Delete, { ...names, PolicyName }));
      model[member] = one.says;
      return;
    }
    case 'attach': {
      if (model.attached.has(one.on) === one.to) return;
      const [Attach, Detach] = attachCommands[one.on];
      await send(made(one.to ? Attach : Detach, { ...names, PolicyArn }));
      if (one.to) model.attached.add(one.on);
      else model.attached.delete(one.on);
      return;
    }
    case 'bound': {
      if (model.bounded.has(one.on) === one.to) return;
      const input = { ...names, PermissionsBoundary: PolicyArn };
      if (one.on === 'user') {
        await send(
          one.to
            ? new iam.PutUserPermissionsBoundaryCommand(input)
            : new iam.DeleteUserPermissionsBoundaryCommand(names),
        );
      } else {
        await send(
          one.to
            ? new iam.PutRolePermissionsBoundaryCommand(input)
            : new iam.DeleteRolePermissionsBoundaryCommand(names),
        );
      }
      if (one.to) model.bounded.add(one.on);
      else model.bounded.delete(one.on);
      return;
    }
    case 'version': {
      const { Versions } = await root.send(new iam.ListPolicyVersionsCommand({ PolicyArn }));
      const old = Versions!.filter((version) => !version.IsDefaultVersion);
      if (old.length >= 4)
        await send(new iam.DeletePolicyVersionCommand({ PolicyArn, VersionId: old.at(-1)!.VersionId }));
      const PolicyDocument = documents[one.says];
      await send(new iam.CreatePolicyVersionCommand({ PolicyArn, PolicyDocument, SetAsDefault: true }));
      model.managed = one.says;
      return;
    }
    case 'group':
      if (model.inGroup === one.to) return;
      await send(one.to ? new iam.AddUserToGroupCommand(names) : new iam.RemoveUserFromGroupCommand(names));
      model.inGroup = one.to;
      return;
    case 'key':
      await send(
        new iam.UpdateAccessKeyCommand({
          ...names,
          AccessKeyId: user.accessKeyId,
          Status: one.to ? 'Active' : 'Inactive',
        }),
      );
      model.isActive = one.to;
  }
}

test('a change of policy holds from its answer on, for users and sessions, with requests under way', {
  timeout: 120_000,
}, async () => {
  const root = plane.iam();
  const clients = { user: plane.ecs({ credentials: user }), role: plane.ecs({ credentials: session }) };
  const may = (who: 'user' | 'role') =>
    clients[who].send(new ListClustersCommand()).then(
      () => true,
      () => false,
    );
  const model: Model = {
    managed: 'is silent',
    attached: new Set(),
    bounded: new Set(),
    inGroup: false,
    isActive: true,
  };
  let decisions = 0;
  const allowed = { user: 0, role: 0 };
  let isOver = false;
  // Keeps whatever may be kept of decisions warm while the changes come.
  const noise = (async () => {
    while (!isOver) await Promise.all([may('user'), may('role')]);
  })();
  await fc
    .assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 25 }), async (changes) => {
        for (const one of changes) {
          await apply(root, model, one);
          const wanted = { user: mayUser(model), role: mayRole(model) };
          for (const who of ['user', 'role'] as const) {
            assert.equal(await may(who), wanted[who], `${who} after ${JSON.stringify(one)}`);
            decisions++;
            if (wanted[who]) allowed[who]++;
          }
        }
      }),
      { seed, numRuns, endOnFailure: true },
    )
    .finally(() => {
      isOver = true;
    });
  await noise;
  console.log(`${decisions} decisions, ${allowed.user} of the user's and ${allowed.role} of the role's allowed`);
  assert.ok(allowed.user > 0 && allowed.role > 0);
});

test('the registry, a process of its own, has a change when IAM has answered it', { timeout: 60_000 }, async () => {
  const root = plane.iam();
  const repositoryName = 'team/app';
  const { repository } = await plane.ecr().send(new CreateRepositoryCommand({ repositoryName }));
  await root.send(new iam.CreateUserCommand({ UserName: 'puller' }));
  const { AccessKey } = await root.send(new iam.CreateAccessKeyCommand({ UserName: 'puller' }));
  const authorization = `Basic ${Buffer.from(`${AccessKey!.AccessKeyId}:${AccessKey!.SecretAccessKey}`).toString('base64')}`;
  const list = async () => {
    const path = `/v2/${plane.account}.us-east-1/${repositoryName}/tags/list`;
    const { status } = await fetch(plane.endpoint + path, { headers: { authorization } });
    return status;
  };
  const put = (statement: object) =>
    root.send(new iam.PutUserPolicyCommand({ UserName: 'puller', PolicyName: 'p', PolicyDocument: policy(statement) }));
  for (let round = 0; round < 15; round++) {
    await put(allow('ecr:*', repository!.repositoryArn!));
    assert.equal(await list(), 200, `allowed, round ${round}`);
    await put(deny('ecr:*'));
    assert.equal(await list(), 403, `denied, round ${round}`);
  }
});
