/**
 * No secret in clear anywhere that it does not belong: canary strings go in at every entry, the control plane is
 * stopped, and then its files, its log and every answer but the owner's own are searched for them.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CreateAccessKeyCommand, CreateUserCommand } from '@aws-sdk/client-iam';
import { CreateKeyCommand, DecryptCommand, EncryptCommand, GenerateDataKeyCommand } from '@aws-sdk/client-kms';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager';
import {
  DescribeParametersCommand,
  GetParameterCommand,
  GetParameterHistoryCommand,
  GetParametersByPathCommand,
  PutParameterCommand,
} from '@aws-sdk/client-ssm';
import { GetSessionTokenCommand } from '@aws-sdk/client-sts';
import { createLogger } from '#lib/logger.ts';
import { startTestControlPlane, type TestControlPlane } from '../support/control-plane.ts';

let dataDir: string;
before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'slipway-canary-'));
});
after(() => rm(dataDir, { recursive: true, force: true }));

let drawn = 0;
/** No secret: it must be found, or the search is worth nothing. */
const control = 'canary-control-in-a-description';
const canary = (where: string) => `canary-${where}-${(drawn++).toString().padStart(4, '0')}-Qz7xW`;

/** As text, and as what base64 makes of it at each of the three alignments. */
function traces(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const encoded = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    return text.slice(shift === 0 ? 0 : 4, -4);
  });
  return [secret, ...encoded, bytes.toString('hex')];
}

/** Puts secrets in at every entry; answers them, and what others than their owners were answered. */
async function useSecrets(plane: TestControlPlane) {
  const secrets: string[] = [];
  const answers: unknown[] = [];
  const put = (where: string) => {
    const secret = canary(where);
    secrets.push(secret);
    return secret;
  };
  /** An answer, or what was said instead of one. */
  const note = async (promise: Promise<unknown>) => {
    answers.push(await promise.catch((error: Error) => ({ name: error.name, message: error.message })));
  };
  await useParameters(plane, put, note);
  await useSecretsManager(plane, put, note);
  const kms = plane.kms();
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  const KeyId = KeyMetadata!.KeyId!;
  await note(kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from(put('kms-plaintext')) })));
  const dataKey = await kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }));
  secrets.push(Buffer.from(dataKey.Plaintext!).toString('base64'));
  const UserName = 'canary';
  await plane.iam().send(new CreateUserCommand({ UserName }));
  const { AccessKey } = await plane.iam().send(new CreateAccessKeyCommand({ UserName }));
  secrets.push(AccessKey!.SecretAccessKey!, plane.administrator.secretAccessKey);
  const credentials = { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
  const { Credentials } = await plane.sts({ credentials }).send(new GetSessionTokenCommand({}));
  secrets.push(Credentials!.SecretAccessKey!, Credentials!.SessionToken!);
  return { secrets, answers };
}

type Put = (where: string) => string;
type Note = (promise: Promise<unknown>) => Promise<void>;

async function useParameters(plane: TestControlPlane, put: Put, note: Note): Promise<void> {
  const ssm = plane.ssm();
  const write = (Name: string, Value: string, more: object = {}) =>
    ssm.send(new PutParameterCommand({ Name, Value, Type: 'SecureString', ...more }));
  await note(write('/canary/one', put('parameter')));
  await note(write('/canary/one', put('parameter-again'), { Overwrite: true }));
  await note(write('/canary/plain', put('plain-string'), { Type: 'String' }));
  await note(write('/canary/one', put('parameter-refused')));
  await note(write('/canary/big', put('parameter-long').repeat(500)));
  await note(write('/canary/pattern', put('parameter-pattern'), { AllowedPattern: '\\d+' }));
  await note(write('/canary/ami', put('parameter-ami'), { DataType: 'aws:ec2:image', Type: 'String' }));
  await note(ssm.send(new GetParameterCommand({ Name: '/canary/one' })));
  await note(ssm.send(new GetParameterHistoryCommand({ Name: '/canary/one' })));
  await note(
    ssm.send(
      new GetParametersByPathCommand({
        Path: '/canary',
        ParameterFilters: [{ Key: 'Type', Values: ['SecureString'] }],
      }),
    ),
  );
  await note(ssm.send(new DescribeParametersCommand({})));
  await ssm.send(new GetParameterCommand({ Name: '/canary/one', WithDecryption: true }));
}

async function useSecretsManager(plane: TestControlPlane, put: Put, note: Note): Promise<void> {
  const client = plane.secretsManager();
  const SecretId = 'canary';
  const AddReplicaRegions = [{ Region: 'eu-west-1' }];
  await note(
    client.send(
      new CreateSecretCommand({
        Name: SecretId,
        Description: control,
        SecretString: put('secret'),
        AddReplicaRegions,
      }),
    ),
  );
  await note(client.send(new CreateSecretCommand({ Name: SecretId, SecretString: put('secret-refused') })));
  await note(client.send(new PutSecretValueCommand({ SecretId, SecretBinary: Buffer.from(put('secret-binary')) })));
  await note(client.send(new UpdateSecretCommand({ SecretId, SecretString: put('secret-update') })));
  const both = { SecretString: put('secret-both'), SecretBinary: Buffer.from(put('secret-both-binary')) };
  await note(client.send(new PutSecretValueCommand({ SecretId, ...both })));
  await note(client.send(new PutSecretValueCommand({ SecretId, SecretString: put('secret-long').repeat(4000) })));
  await note(client.send(new RotateSecretCommand({ SecretId })));
  await note(client.send(new DescribeSecretCommand({ SecretId })));
  await note(client.send(new ListSecretsCommand({})));
  await note(client.send(new ListSecretVersionIdsCommand({ SecretId, IncludeDeprecated: true })));
  await note(client.send(new GetRandomPasswordCommand({ PasswordLength: 0 })));
  await client.send(new GetSecretValueCommand({ SecretId }));
  await plane.secretsManager({ region: 'eu-west-1' }).send(new GetSecretValueCommand({ SecretId }));
}

async function* filesUnder(dir: string): AsyncGenerator<string> {
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* filesUnder(path);
    else if (entry.isFile()) yield path;
  }
}

test('canaries are found in no file, log line or answer', async () => {
  const lines: string[] = [];
  const sink = { write: (line: string) => void lines.push(line) };
  const logger = createLogger({ level: 'debug', sink, now: () => Date.now() });
  const plane = await startTestControlPlane({ dataDir, logger });
  const open: [string, Buffer][] = [];
  let used: Awaited<ReturnType<typeof useSecrets>>;
  try {
    used = await useSecrets(plane);
    // While it runs, too: the write-ahead log is folded into the database at the end.
    for await (const path of filesUnder(dataDir)) open.push([`${path} (while running)`, await readFile(path)]);
  } finally {
    await plane.close();
  }
  for await (const path of filesUnder(dataDir)) open.push([path, await readFile(path)]);
  assert.ok(open.some(([path]) => path.endsWith('state.sqlite')));
  assert.ok(open.some(([path]) => path.includes('state.sqlite-wal')));
  const places: (readonly [string, Buffer])[] = [
    ...open,
    ['the log', Buffer.from(lines.join('\n'))],
    ['the answers', Buffer.from(JSON.stringify(used.answers))],
  ];
  for (const where of ['state.sqlite', 'the answers']) {
    assert.ok(
      places.some(([place, bytes]) => place.endsWith(where) && bytes.includes(control)),
      where,
    );
  }
  assert.ok(used.secrets.length > 15);
  const found = used.secrets.flatMap((secret) =>
    traces(secret).flatMap((trace) =>
      places.filter(([, bytes]) => bytes.includes(trace)).map(([place]) => `${secret} in ${place}`),
    ),
  );
  assert.deepEqual(found, []);
});

test('after a restart everything opens again', async () => {
  const own = await mkdtemp(join(tmpdir(), 'slipway-restart-'));
  try {
    const first = await startTestControlPlane({ dataDir: own });
    const { KeyMetadata } = await first.kms().send(new CreateKeyCommand({}));
    const KeyId = KeyMetadata!.KeyId!;
    const { CiphertextBlob } = await first.kms().send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x') }));
    await first.ssm().send(new PutParameterCommand({ Name: 'kept', Value: 'y', Type: 'SecureString', KeyId }));
    await first.secretsManager().send(new CreateSecretCommand({ Name: 'kept', SecretString: 'z' }));
    await first.close();
    const second = await startTestControlPlane({ dataDir: own });
    try {
      const { Plaintext } = await second.kms().send(new DecryptCommand({ CiphertextBlob }));
      const read = new GetParameterCommand({ Name: 'kept', WithDecryption: true });
      const { Parameter } = await second.ssm().send(read);
      const secret = await second.secretsManager().send(new GetSecretValueCommand({ SecretId: 'kept' }));
      assert.deepEqual([Buffer.from(Plaintext!).toString(), Parameter?.Value, secret.SecretString], ['x', 'y', 'z']);
    } finally {
      await second.close();
    }
  } finally {
    await rm(own, { recursive: true, force: true });
  }
});
