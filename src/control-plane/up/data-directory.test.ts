import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { ConfigError } from '../config.ts';
import {
  credentialsFile,
  isLocked,
  lockDataDirectory,
  prepareDataDirectory,
  readCredentials,
  saveCredentials,
} from './data-directory.ts';

function temporary(t: TestContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'slipway-data-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const credentials = {
  accessKeyId: 'AKIAEXAMPLE',
  secretAccessKey: 'secret',
  account: '123456789012',
  region: 'us-east-1',
  endpoint: 'http://127.0.0.1:1',
};

test('a new data directory is its owner’s alone', (t) => {
  const directory = path.join(temporary(t), 'deep/data');
  prepareDataDirectory(directory);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
});

test('a file in the way is named', (t) => {
  const file = path.join(temporary(t), 'file');
  writeFileSync(file, '');
  assert.throws(
    () => prepareDataDirectory(file),
    (error) => error instanceof ConfigError && /it is a file/.test(error.message),
  );
  assert.throws(() => prepareDataDirectory(path.join(file, 'x')), /a part of the path is a file/);
});

test('one holder at a time; released, it is free', (t) => {
  const directory = temporary(t);
  assert.equal(isLocked(directory), false);
  const lock = lockDataDirectory(directory)!;
  assert.equal(isLocked(directory), true);
  assert.equal(lockDataDirectory(directory), undefined);
  lock.release();
  assert.equal(isLocked(directory), false);
});

test('a holder killed with -9 leaves no lock behind', async (t) => {
  const directory = temporary(t);
  const script = `
    const { lockDataDirectory } = await import(${JSON.stringify(new URL('./data-directory.ts', import.meta.url))});
    globalThis.lock = lockDataDirectory(${JSON.stringify(directory)});
    console.log('held');
    setInterval(() => {}, 1000);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  assert.equal(isLocked(directory), true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(isLocked(directory), false);
});

test('credentials are for their owner, and are new only when the key is', (t) => {
  const directory = temporary(t);
  assert.equal(readCredentials(directory), undefined);
  assert.equal(saveCredentials(directory, credentials), true);
  assert.equal(statSync(credentialsFile(directory)).mode & 0o777, 0o600);
  assert.equal(saveCredentials(directory, { ...credentials, endpoint: 'http://127.0.0.1:2' }), false);
  assert.equal(readCredentials(directory)?.endpoint, 'http://127.0.0.1:2');
  writeFileSync(credentialsFile(directory), '{');
  assert.throws(() => readCredentials(directory), ConfigError);
});
