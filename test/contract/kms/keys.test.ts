/** KMS keys with the real SDK client: life, ciphers, aliases, policies, rotation. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DeleteAliasCommand,
  DeriveSharedSecretCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyPairCommand,
  GenerateDataKeyPairWithoutPlaintextCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GenerateMacCommand,
  GenerateRandomCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  GetPublicKeyCommand,
  type KeySpec,
  type KMSClient,
  ListAliasesCommand,
  ListKeyPoliciesCommand,
  ListKeyRotationsCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
  ReEncryptCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  SignCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
  UpdateKeyDescriptionCommand,
  VerifyCommand,
  VerifyMacCommand,
} from '@aws-sdk/client-kms';
import { startTestControlPlane, type TestControlPlane, testAccount } from '../../support/control-plane.ts';

let controlPlane: TestControlPlane;
let kms: KMSClient;

before(async () => {
  controlPlane = await startTestControlPlane();
  kms = controlPlane.kms();
});
after(() => controlPlane.close());

const makeKey = async (input: ConstructorParameters<typeof CreateKeyCommand>[0] = {}) =>
  (await kms.send(new CreateKeyCommand(input))).KeyMetadata!;
const bytes = (text: string) => Buffer.from(text);
const text = (value: Uint8Array | undefined) => Buffer.from(value!).toString();

describe('a key', () => {
  test('is made, described, listed, tagged and described anew', async () => {
    const key = await makeKey({ Description: 'one', Tags: [{ TagKey: 'a', TagValue: '1' }] });
    assert.match(key.Arn!, new RegExp(`^arn:aws:kms:us-east-1:${testAccount}:key/[0-9a-f-]{36}$`));
    assert.equal(key.KeyState, 'Enabled');
    assert.equal(key.KeySpec, 'SYMMETRIC_DEFAULT');
    assert.deepEqual(key.EncryptionAlgorithms, ['SYMMETRIC_DEFAULT']);
    await kms.send(new UpdateKeyDescriptionCommand({ KeyId: key.KeyId, Description: 'two' }));
    await kms.send(new TagResourceCommand({ KeyId: key.KeyId, Tags: [{ TagKey: 'b', TagValue: '2' }] }));
    await kms.send(new UntagResourceCommand({ KeyId: key.KeyId, TagKeys: ['a'] }));
    const described = await kms.send(new DescribeKeyCommand({ KeyId: key.Arn }));
    assert.equal(described.KeyMetadata?.Description, 'two');
    const { Tags } = await kms.send(new ListResourceTagsCommand({ KeyId: key.KeyId }));
    assert.deepEqual(Tags, [{ TagKey: 'b', TagValue: '2' }]);
    const keys: string[] = [];
    let Marker: string | undefined;
    do {
      const page = await kms.send(new ListKeysCommand({ Limit: 1, Marker }));
      keys.push(...page.Keys!.map(({ KeyArn }) => KeyArn!));
      Marker = page.NextMarker;
    } while (Marker);
    assert.ok(keys.includes(key.Arn!));
  });

  test('that does not exist is NotFoundException', async () => {
    const id = '00000000-0000-4000-8000-000000000000';
    await assert.rejects(kms.send(new DescribeKeyCommand({ KeyId: id })), {
      name: 'NotFoundException',
      message: `Key 'arn:aws:kms:us-east-1:${testAccount}:key/${id}' does not exist`,
    });
    await assert.rejects(kms.send(new DescribeKeyCommand({ KeyId: 'alias/none' })), {
      name: 'NotFoundException',
      message: `Alias arn:aws:kms:us-east-1:${testAccount}:alias/none is not found.`,
    });
    await assert.rejects(kms.send(new DescribeKeyCommand({ KeyId: 'what' })), { name: 'NotFoundException' });
  });

  test('is disabled, enabled, scheduled for deletion and saved', async () => {
    const { KeyId, Arn } = await makeKey();
    const encrypt = () => kms.send(new EncryptCommand({ KeyId, Plaintext: bytes('x') }));
    await kms.send(new DisableKeyCommand({ KeyId }));
    await assert.rejects(encrypt(), { name: 'DisabledException', message: `${Arn} is disabled.` });
    await kms.send(new EnableKeyCommand({ KeyId }));
    await encrypt();
    await assert.rejects(kms.send(new CancelKeyDeletionCommand({ KeyId })), { name: 'KMSInvalidStateException' });
    await assert.rejects(kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 3 })), {
      name: 'ValidationException',
    });
    const scheduled = await kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
    assert.equal(scheduled.KeyState, 'PendingDeletion');
    await assert.rejects(encrypt(), { name: 'KMSInvalidStateException', message: `${Arn} is pending deletion.` });
    await kms.send(new CancelKeyDeletionCommand({ KeyId }));
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
    assert.equal(KeyMetadata?.KeyState, 'Disabled');
    assert.equal(KeyMetadata?.DeletionDate, undefined);
  });

  test('of a kind that Slipway does not make is refused', async () => {
    await assert.rejects(makeKey({ MultiRegion: true }), { name: 'UnsupportedOperationException' });
    await assert.rejects(makeKey({ Origin: 'EXTERNAL' }), { name: 'UnsupportedOperationException' });
    await assert.rejects(makeKey({ KeySpec: 'SM2', KeyUsage: 'SIGN_VERIFY' }), {
      name: 'UnsupportedOperationException',
    });
    await assert.rejects(makeKey({ KeySpec: 'RSA_2048' }), { name: 'ValidationException' });
    await assert.rejects(makeKey({ KeySpec: 'HMAC_256', KeyUsage: 'SIGN_VERIFY' }), { name: 'ValidationException' });
  });
});

describe('ciphers', () => {
  test('what is encrypted opens with its context only, without naming the key', async () => {
    const { KeyId, Arn } = await makeKey();
    const EncryptionContext = { a: '1', b: '2' };
    const { CiphertextBlob } = await kms.send(
      new EncryptCommand({ KeyId, Plaintext: bytes('hello'), EncryptionContext }),
    );
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: { b: '2', a: '1' } }));
    assert.equal(text(opened.Plaintext), 'hello');
    assert.equal(opened.KeyId, Arn);
    const invalid = { name: 'InvalidCiphertextException' };
    await assert.rejects(kms.send(new DecryptCommand({ CiphertextBlob })), invalid);
    const changed = Buffer.from(CiphertextBlob!);
    changed[changed.length - 1]! ^= 1;
    await assert.rejects(kms.send(new DecryptCommand({ CiphertextBlob: changed, EncryptionContext })), invalid);
    await assert.rejects(kms.send(new DecryptCommand({ CiphertextBlob: bytes('nonsense') })), invalid);
    const other = await makeKey();
    await assert.rejects(kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext, KeyId: other.KeyId })), {
      name: 'IncorrectKeyException',
    });
    await assert.rejects(
      controlPlane.kms({ region: 'eu-west-1' }).send(new DecryptCommand({ CiphertextBlob, EncryptionContext })),
      { name: 'AccessDeniedException' },
    );
    const again = await kms.send(
      new ReEncryptCommand({
        CiphertextBlob,
        SourceEncryptionContext: EncryptionContext,
        DestinationKeyId: other.KeyId,
      }),
    );
    assert.equal(again.SourceKeyId, Arn);
    const reopened = await kms.send(new DecryptCommand({ CiphertextBlob: again.CiphertextBlob }));
    assert.equal(reopened.KeyId, other.Arn);
    assert.equal(text(reopened.Plaintext), 'hello');
  });

  test('data keys and key pairs', async () => {
    const { KeyId } = await makeKey();
    const key = await kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }));
    assert.equal(key.Plaintext?.length, 32);
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob: key.CiphertextBlob }));
    assert.deepEqual(opened.Plaintext, key.Plaintext);
    const hidden = await kms.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId, NumberOfBytes: 20 }));
    const shown = await kms.send(new DecryptCommand({ CiphertextBlob: hidden.CiphertextBlob }));
    assert.equal(shown.Plaintext?.length, 20);
    await assert.rejects(kms.send(new GenerateDataKeyCommand({ KeyId })), { name: 'ValidationException' });
    const pair = await kms.send(new GenerateDataKeyPairCommand({ KeyId, KeyPairSpec: 'ECC_NIST_P256' }));
    const secret = await kms.send(new DecryptCommand({ CiphertextBlob: pair.PrivateKeyCiphertextBlob }));
    assert.deepEqual(secret.Plaintext, pair.PrivateKeyPlaintext);
    const half = await kms.send(
      new GenerateDataKeyPairWithoutPlaintextCommand({ KeyId, KeyPairSpec: 'ECC_NIST_P384' }),
    );
    assert.ok(!('PrivateKeyPlaintext' in half));
    assert.equal((await kms.send(new GenerateRandomCommand({ NumberOfBytes: 64 }))).Plaintext?.length, 64);
    await assert.rejects(kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.alloc(4097) })), {
      name: 'ValidationException',
    });
    await assert.rejects(kms.send(new EncryptCommand({ KeyId, Plaintext: bytes('x'), DryRun: true })), {
      name: 'DryRunOperationException',
    });
  });

  for (const [KeySpec, SigningAlgorithm] of [
    ['RSA_2048', 'RSASSA_PSS_SHA_256'],
    ['RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_512'],
    ['ECC_NIST_P256', 'ECDSA_SHA_256'],
    ['ECC_SECG_P256K1', 'ECDSA_SHA_256'],
  ] as const) {
    test(`${KeySpec} signs with ${SigningAlgorithm}`, async () => {
      const { KeyId } = await makeKey({ KeySpec, KeyUsage: 'SIGN_VERIFY' });
      const Message = bytes('sign me');
      const { Signature } = await kms.send(new SignCommand({ KeyId, Message, SigningAlgorithm }));
      const verify = (message: Uint8Array) =>
        kms.send(new VerifyCommand({ KeyId, Message: message, SigningAlgorithm, Signature }));
      assert.equal((await verify(Message)).SignatureValid, true);
      await assert.rejects(verify(bytes('another')), { name: 'KMSInvalidSignatureException' });
      await assert.rejects(kms.send(new EncryptCommand({ KeyId, Plaintext: Message })), {
        name: 'InvalidKeyUsageException',
      });
      const published = await kms.send(new GetPublicKeyCommand({ KeyId }));
      assert.equal(published.KeySpec, KeySpec as KeySpec);
      assert.ok(published.PublicKey!.length > 60);
    });
  }

  test('a digest made by the client', async () => {
    const { KeyId } = await makeKey({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' });
    const SigningAlgorithm = 'RSASSA_PKCS1_V1_5_SHA_256';
    const digest = createHash('sha256').update('sign me').digest();
    const signed = await kms.send(new SignCommand({ KeyId, Message: digest, MessageType: 'DIGEST', SigningAlgorithm }));
    const verified = await kms.send(
      new VerifyCommand({ KeyId, Message: bytes('sign me'), SigningAlgorithm, Signature: signed.Signature }),
    );
    assert.equal(verified.SignatureValid, true);
    await assert.rejects(
      kms.send(
        new SignCommand({ KeyId, Message: digest, MessageType: 'DIGEST', SigningAlgorithm: 'RSASSA_PSS_SHA_256' }),
      ),
      { name: 'UnsupportedOperationException' },
    );
  });

  test('RSA encryption, MACs and shared secrets', async () => {
    const rsa = await makeKey({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' });
    const EncryptionAlgorithm = 'RSAES_OAEP_SHA_256';
    const { CiphertextBlob } = await kms.send(
      new EncryptCommand({ KeyId: rsa.KeyId, Plaintext: bytes('rsa'), EncryptionAlgorithm }),
    );
    const opened = await kms.send(new DecryptCommand({ KeyId: rsa.KeyId, CiphertextBlob, EncryptionAlgorithm }));
    assert.equal(text(opened.Plaintext), 'rsa');
    const hmac = await makeKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
    const mac = { KeyId: hmac.KeyId, Message: bytes('m'), MacAlgorithm: 'HMAC_SHA_256' } as const;
    const { Mac } = await kms.send(new GenerateMacCommand(mac));
    assert.equal((await kms.send(new VerifyMacCommand({ ...mac, Mac }))).MacValid, true);
    await assert.rejects(kms.send(new VerifyMacCommand({ ...mac, Message: bytes('n'), Mac })), {
      name: 'KMSInvalidMacException',
    });
    const [a, b] = await Promise.all(
      [0, 1].map(() => makeKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' })),
    );
    const derive = async (own: string, other: string) => {
      const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId: other }));
      const input = { KeyId: own, PublicKey, KeyAgreementAlgorithm: 'ECDH' } as const;
      return (await kms.send(new DeriveSharedSecretCommand(input))).SharedSecret;
    };
    assert.deepEqual(await derive(a!.KeyId!, b!.KeyId!), await derive(b!.KeyId!, a!.KeyId!));
  });
});

describe('aliases', () => {
  test('name a key, move and go', async () => {
    const [one, two] = [await makeKey(), await makeKey()];
    await kms.send(new CreateAliasCommand({ AliasName: 'alias/app', TargetKeyId: one.KeyId }));
    await assert.rejects(kms.send(new CreateAliasCommand({ AliasName: 'alias/app', TargetKeyId: two.KeyId })), {
      name: 'AlreadyExistsException',
    });
    const described = await kms.send(new DescribeKeyCommand({ KeyId: 'alias/app' }));
    assert.equal(described.KeyMetadata?.Arn, one.Arn);
    await kms.send(new UpdateAliasCommand({ AliasName: 'alias/app', TargetKeyId: two.Arn }));
    const { Aliases } = await kms.send(new ListAliasesCommand({ KeyId: two.KeyId }));
    assert.deepEqual(
      Aliases?.map(({ AliasName, TargetKeyId }) => [AliasName, TargetKeyId]),
      [['alias/app', two.KeyId]],
    );
    await kms.send(new DeleteAliasCommand({ AliasName: 'alias/app' }));
    await assert.rejects(kms.send(new DeleteAliasCommand({ AliasName: 'alias/app' })), { name: 'NotFoundException' });
  });

  test('have rules', async () => {
    const { KeyId } = await makeKey();
    const make = (AliasName: string) => kms.send(new CreateAliasCommand({ AliasName, TargetKeyId: KeyId }));
    await assert.rejects(make('alias/aws/mine'), { name: 'NotAuthorizedException' });
    await assert.rejects(make('app'), { name: 'ValidationException' });
    await assert.rejects(make('alias/a b'), { name: 'ValidationException' });
  });

  test('an AWS managed key is there as soon as it is asked for, and nobody changes it', async () => {
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: 'alias/aws/ssm' }));
    assert.equal(KeyMetadata?.KeyManager, 'AWS');
    await assert.rejects(kms.send(new DisableKeyCommand({ KeyId: KeyMetadata!.KeyId })), {
      name: 'AccessDeniedException',
    });
    await assert.rejects(kms.send(new EncryptCommand({ KeyId: 'alias/aws/ssm', Plaintext: bytes('x') })), {
      name: 'AccessDeniedException',
    });
  });
});

describe('policies', () => {
  test('the default one, another, and one that would lock its writer out', async () => {
    const { KeyId, Arn } = await makeKey();
    const { Policy } = await kms.send(new GetKeyPolicyCommand({ KeyId }));
    assert.equal(JSON.parse(Policy!).Statement[0].Principal.AWS, `arn:aws:iam::${testAccount}:root`);
    assert.deepEqual((await kms.send(new ListKeyPoliciesCommand({ KeyId }))).PolicyNames, ['default']);
    const policy = (principal: string) =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { AWS: principal }, Action: 'kms:*', Resource: '*' }],
      });
    const put = (principal: string, BypassPolicyLockoutSafetyCheck = false) =>
      kms.send(new PutKeyPolicyCommand({ KeyId, Policy: policy(principal), BypassPolicyLockoutSafetyCheck }));
    await assert.rejects(put('arn:aws:iam::111122223333:root'), { name: 'MalformedPolicyDocumentException' });
    await assert.rejects(kms.send(new PutKeyPolicyCommand({ KeyId, Policy: '{"Statement":1}' })), {
      name: 'MalformedPolicyDocumentException',
    });
    await put(`arn:aws:iam::${testAccount}:root`);
    await put('arn:aws:iam::111122223333:root', true);
    await assert.rejects(kms.send(new DescribeKeyCommand({ KeyId: Arn })), { name: 'AccessDeniedException' });
  });
});

describe('rotation', () => {
  test('old ciphertexts still open, and every generation is listed', async () => {
    const { KeyId } = await makeKey();
    assert.equal((await kms.send(new GetKeyRotationStatusCommand({ KeyId }))).KeyRotationEnabled, false);
    await kms.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 100 }));
    const status = await kms.send(new GetKeyRotationStatusCommand({ KeyId }));
    assert.equal(status.RotationPeriodInDays, 100);
    assert.ok(status.NextRotationDate! > new Date());
    const encrypt = async (value: string) =>
      (await kms.send(new EncryptCommand({ KeyId, Plaintext: bytes(value) }))).CiphertextBlob;
    const old = await encrypt('before');
    await kms.send(new RotateKeyOnDemandCommand({ KeyId }));
    const young = await encrypt('after');
    const [first, second] = await Promise.all(
      [old, young].map((CiphertextBlob) => kms.send(new DecryptCommand({ CiphertextBlob }))),
    );
    assert.deepEqual([text(first!.Plaintext), text(second!.Plaintext)], ['before', 'after']);
    assert.notEqual(first!.KeyMaterialId, second!.KeyMaterialId);
    const { Rotations } = await kms.send(new ListKeyRotationsCommand({ KeyId }));
    assert.deepEqual(
      Rotations?.map(({ RotationType }) => RotationType),
      ['ON_DEMAND'],
    );
    await kms.send(new DisableKeyRotationCommand({ KeyId }));
    const rsa = await makeKey({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' });
    await assert.rejects(kms.send(new RotateKeyOnDemandCommand({ KeyId: rsa.KeyId })), {
      name: 'UnsupportedOperationException',
    });
  });
});
