/** What ends, rotates or expires on a day that was set, on a clock that the test moves. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  KMSClient,
  ListAliasesCommand,
  ListKeyRotationsCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { DescribeParametersCommand, GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { FakeClock } from '#lib/clock.ts';
import type { Table } from '#store/table.ts';
import { kmsAliases, kmsKeys, parameters, parameterVersions, secrets, secretVersions } from '#store/tables/secrets.ts';
import { startTestControlPlane, type TestControlPlane } from '../support/control-plane.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let controlPlane: TestControlPlane;
let clock: FakeClock;
const clients: { destroy(): void }[] = [];

before(async () => {
  clock = new FakeClock(Date.now());
  controlPlane = await startTestControlPlane({ clock });
});
after(async () => {
  for (const client of clients) client.destroy();
  await controlPlane.close();
});

/**
 * A client whose clock shows what the control plane's shows. For one call: from its answer's Date, which is of the
 * machine's clock, a client of the SDK learns that it was wrong.
 */
function now<C extends { destroy(): void }>(
  Client: new (config: ReturnType<TestControlPlane['clientConfig']> & { systemClockOffset: number }) => C,
): C {
  const systemClockOffset = clock.now() - Date.now();
  const client = new Client({ ...controlPlane.clientConfig(), systemClockOffset });
  clients.push(client);
  return client;
}

/** In steps, as time passes: what waits for days looks at the clock once a day. */
function pass(ms: number): void {
  for (let left = ms; left > 0; left -= DAY_MS) clock.advance(Math.min(left, DAY_MS));
  clock.advance(1000);
}

const isEmpty = <R>(table: Table<R>) => [...controlPlane.store.all(table)].length === 0;

describe('on its day', () => {
  test('a KMS key goes with its aliases, and what it encrypted stays shut', async () => {
    const { KeyMetadata } = await now(KMSClient).send(new CreateKeyCommand({}));
    const KeyId = KeyMetadata!.KeyId!;
    await now(KMSClient).send(new CreateAliasCommand({ AliasName: 'alias/short', TargetKeyId: KeyId }));
    const { CiphertextBlob } = await now(KMSClient).send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x') }));
    await now(KMSClient).send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
    pass(7 * DAY_MS - HOUR_MS);
    assert.equal(
      (await now(KMSClient).send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.KeyState,
      'PendingDeletion',
    );
    pass(2 * HOUR_MS);
    await assert.rejects(now(KMSClient).send(new DescribeKeyCommand({ KeyId })), { name: 'NotFoundException' });
    await assert.rejects(now(KMSClient).send(new DecryptCommand({ CiphertextBlob })), {
      name: 'AccessDeniedException',
    });
    assert.deepEqual((await now(KMSClient).send(new ListAliasesCommand({}))).Aliases, []);
    assert.ok(isEmpty(kmsKeys) && isEmpty(kmsAliases));
  });

  test('a secret goes when its recovery window is over', async () => {
    for (const Name of ['gone', 'kept']) {
      await now(SecretsManagerClient).send(new CreateSecretCommand({ Name, SecretString: 'x' }));
      await now(SecretsManagerClient).send(new DeleteSecretCommand({ SecretId: Name, RecoveryWindowInDays: 10 }));
    }
    await now(SecretsManagerClient).send(new RestoreSecretCommand({ SecretId: 'kept' }));
    pass(11 * DAY_MS);
    await assert.rejects(now(SecretsManagerClient).send(new DescribeSecretCommand({ SecretId: 'gone' })), {
      name: 'ResourceNotFoundException',
    });
    assert.equal((await now(SecretsManagerClient).send(new DescribeSecretCommand({ SecretId: 'kept' }))).Name, 'kept');
    assert.equal([...controlPlane.store.all(secrets)].length, 1);
    assert.equal([...controlPlane.store.all(secretVersions)].length, 1);
  });

  test('a parameter is said to expire, then expires', async () => {
    const Policies = JSON.stringify([
      {
        Type: 'Expiration',
        Version: '1.0',
        Attributes: { Timestamp: new Date(clock.now() + 2 * DAY_MS).toISOString() },
      },
      { Type: 'ExpirationNotification', Version: '1.0', Attributes: { Before: '1', Unit: 'Days' } },
    ]);
    const input = { Name: '/short', Value: 'x', Type: 'String', Tier: 'Advanced', Policies } as const;
    await now(SSMClient).send(new PutParameterCommand(input));
    pass(DAY_MS + HOUR_MS);
    const { Parameters } = await now(SSMClient).send(new DescribeParametersCommand({}));
    assert.deepEqual(
      Parameters?.[0]?.Policies?.map(({ PolicyStatus }) => PolicyStatus),
      ['Pending', 'Finished'],
    );
    pass(DAY_MS);
    await assert.rejects(now(SSMClient).send(new GetParameterCommand({ Name: '/short' })), {
      name: 'ParameterNotFound',
    });
    assert.ok(isEmpty(parameters) && isEmpty(parameterVersions));
  });

  test('a key rotates by itself', async () => {
    const { KeyMetadata } = await now(KMSClient).send(new CreateKeyCommand({}));
    const KeyId = KeyMetadata!.KeyId!;
    await now(KMSClient).send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 90 }));
    const { CiphertextBlob } = await now(KMSClient).send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('old') }));
    pass(91 * DAY_MS);
    const { Rotations } = await now(KMSClient).send(new ListKeyRotationsCommand({ KeyId }));
    assert.deepEqual(
      Rotations?.map(({ RotationType }) => RotationType),
      ['AUTOMATIC'],
    );
    const opened = await now(KMSClient).send(new DecryptCommand({ CiphertextBlob }));
    assert.equal(Buffer.from(opened.Plaintext!).toString(), 'old');
  });
});
