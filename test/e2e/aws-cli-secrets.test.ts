/** Parameters, secrets and keys as people type them: the unmodified AWS CLI, in every version that this machine has. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { findAwsClis } from '../support/aws-cli.ts';
import { startTestControlPlane } from '../support/control-plane.ts';

const run = promisify(execFile);
const clis = findAwsClis();

async function flow(aws: (...argv: string[]) => Promise<string>, dir: string): Promise<void> {
  const put = ['ssm', 'put-parameter', '--name', '/cli/password', '--type', 'SecureString', '--value'];
  await aws(...put, 'hush');
  const read = ['--with-decryption', '--query', 'Parameter.Value', '--output', 'text'];
  assert.equal(await aws('ssm', 'get-parameter', '--name', '/cli/password', ...read), 'hush');
  await aws(...put, 'hush again', '--overwrite');
  assert.equal(await aws('ssm', 'get-parameter', '--name', '/cli/password:1', ...read), 'hush');
  const list = ['ssm', 'get-parameters-by-path', '--path', '/cli', '--query', 'Parameters[].Name', '--output', 'text'];
  assert.equal(await aws(...list), '/cli/password');
  const published = '/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended';
  const image = await aws('ssm', 'get-parameters', '--names', published, '--query', 'Parameters[0].Value');
  assert.ok(JSON.parse(JSON.parse(image)).image_id);

  await aws('secretsmanager', 'create-secret', '--name', 'cli', '--secret-string', '{"user":"me"}');
  await aws('secretsmanager', 'put-secret-value', '--secret-id', 'cli', '--secret-string', '{"user":"you"}');
  const value = [
    'secretsmanager',
    'get-secret-value',
    '--secret-id',
    'cli',
    '--query',
    'SecretString',
    '--output',
    'text',
  ];
  assert.equal(await aws(...value), '{"user":"you"}');
  assert.equal(await aws(...value, '--version-stage', 'AWSPREVIOUS'), '{"user":"me"}');
  await aws('secretsmanager', 'delete-secret', '--secret-id', 'cli', '--force-delete-without-recovery');

  const key = await aws('kms', 'create-key', '--query', 'KeyMetadata.KeyId', '--output', 'text');
  await aws('kms', 'create-alias', '--alias-name', 'alias/cli', '--target-key-id', key);
  const [plain, blob] = [join(dir, 'plain'), join(dir, 'blob')];
  await writeFile(plain, 'hush');
  const encrypt = ['kms', 'encrypt', '--key-id', 'alias/cli', '--plaintext', `fileb://${plain}`];
  const ciphertext = await aws(...encrypt, '--query', 'CiphertextBlob', '--output', 'text');
  await writeFile(blob, Buffer.from(ciphertext, 'base64'));
  const decrypt = [
    'kms',
    'decrypt',
    '--ciphertext-blob',
    `fileb://${blob}`,
    '--query',
    'Plaintext',
    '--output',
    'text',
  ];
  assert.equal(Buffer.from(await aws(...decrypt), 'base64').toString(), await readFile(plain, 'utf8'));
}

describe('the AWS CLI keeps secrets', () => {
  test('an AWS CLI', { skip: clis.length === 0 && 'no AWS CLI on this machine' }, () => {});
  for (const { program, version } of clis) {
    test(version, { timeout: 180_000 }, async () => {
      const controlPlane = await startTestControlPlane();
      const dir = await mkdtemp(join(tmpdir(), 'slipway-cli-'));
      const env = {
        PATH: process.env['PATH'],
        HOME: dir,
        AWS_ACCESS_KEY_ID: controlPlane.administrator.accessKeyId,
        AWS_SECRET_ACCESS_KEY: controlPlane.administrator.secretAccessKey,
        AWS_DEFAULT_REGION: 'us-east-1',
        AWS_PAGER: '',
        AWS_EC2_METADATA_DISABLED: 'true',
      };
      const aws = async (...argv: string[]) => {
        const { stdout } = await run(program, ['--endpoint-url', controlPlane.endpoint, ...argv], { env });
        return stdout.trim();
      };
      try {
        await flow(aws, dir);
      } finally {
        await controlPlane.close();
        await rm(dir, { recursive: true, force: true });
      }
    });
  }
});
