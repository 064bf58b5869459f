import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';
import {
  makeDataDirectory,
  removeAll,
  type Slipway,
  slipway,
  startSlipway,
  until,
} from '../support/slipway-process.ts';

const dataDir = makeDataDirectory();
let running: Slipway;

before(async () => {
  running = await startSlipway(dataDir, ['--no-agent']);
});
after(async () => {
  await running.stop('SIGKILL');
  removeAll(dataDir);
});

test('the first start shows the administrator key once and keeps it for its owner only', () => {
  assert.match(running.output(), new RegExp(running.credentials.secretAccessKey.replace(/[+/]/g, '\\$&')));
  assert.equal(statSync(path.join(dataDir, 'credentials.json')).mode & 0o777, 0o600);
  assert.equal(statSync(dataDir).mode & 0o077, 0, 'nobody else reads the data directory');
});

test('env prints what a shell evaluates', () => {
  const { status, stdout } = slipway(['env', '--data', dataDir]);
  assert.equal(status, 0);
  assert.match(stdout, new RegExp(`^export AWS_ACCESS_KEY_ID=${running.credentials.accessKeyId}$`, 'm'));
  assert.match(stdout, new RegExp(`^export AWS_ENDPOINT_URL=${running.endpoint}$`, 'm'));
  assert.match(stdout, /^export AWS_DEFAULT_REGION=us-east-1$/m);
  const json = JSON.parse(slipway(['env', '--json', '--data', dataDir]).stdout);
  assert.equal(json.AWS_SECRET_ACCESS_KEY, running.credentials.secretAccessKey);
});

test('status shows the cluster, as text and as JSON, without colours when piped', () => {
  const { status, stdout, stderr } = slipway(['status', '--data', dataDir]);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /Cluster default {2}ACTIVE/);
  assert.ok(!stdout.includes('\u001b'), 'no escape codes');
  const json = JSON.parse(slipway(['status', '--json', '--data', dataDir]).stdout);
  assert.equal(json.clusters[0].cluster.clusterName, 'default');
  assert.equal(json.controlPlane.pid, running.pid);
});

test('a second up on the same data is refused and says who has it', () => {
  const { status, stderr } = slipway(['up', '--port', '0', '--no-agent', '--data', dataDir]);
  assert.equal(status, 1);
  assert.match(stderr, new RegExp(`another Slipway already runs on .*process ${running.pid}`));
});

test('a port in use is named', () => {
  const other = makeDataDirectory();
  const { status, stderr } = slipway(['up', '--port', new URL(running.endpoint).port, '--no-agent', '--data', other]);
  removeAll(other);
  assert.equal(status, 1);
  assert.match(stderr, /is in use by another program.*--port/);
});

test('bad input ends with a clear word and a non-zero exit code', async (t) => {
  const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['unknown command', ['doctro'], /unknown command 'doctro'[\s\S]*doctor/],
    ['unknown option', ['up', '--prot', '1'], /unknown option '--prot'/],
    ['port no number', ['up', '--port', '80x'], /--port must be a number/],
    ['port too large', ['up', '--port', '70000'], /--port must be a number from 0 to 65535/],
    ['auth mode', ['up', '--auth', 'none'], /--auth must be strict or permissive/],
    ['permissive for the world', ['up', '--auth', 'permissive', '--host', '0.0.0.0'], /only on a loopback address/],
    ['region', ['up', '--region', 'mars'], /not the name of an AWS region/],
    ['data is a file', ['up', '--port', '0', '--no-agent', '--data', '/etc/hostname'], /it is a file/],
    ['nothing started there', ['status', '--data', '/nonexistent'], /no Slipway has been started/],
    ['env without a start', ['env', '--data', '/nonexistent'], /no Slipway has been started/],
    ['logs of nothing', ['logs', '--data', dataDir, 'nobody'], /has no service nobody/],
    ['logs of a task that is not', ['logs', '--data', dataDir, 'f'.repeat(32)], /has no task f+/],
    ['logs without a target', ['logs', '--data', dataDir], /missing required argument/],
    ['logs since when', ['logs', '--data', dataDir, 'x', '--since', 'noon'], /--since must look like/],
    ['agent without an endpoint', ['agent'], /required option '--endpoint/],
    ['purge of what is not ours', ['down', '--purge', '--yes', '--data', '/usr'], /not a data directory of Slipway/],
    ['purge without a terminal', ['down', '--purge', '--data', dataDir], /needs --yes/],
  ];
  for (const [name, argv, expected] of cases) {
    await t.test(name, () => {
      const { status, stderr, stdout } = slipway(argv);
      assert.equal(status, 1, `${stdout}${stderr}`);
      assert.match(stderr, expected);
    });
  }
});

test('doctor finds what is wrong and says what to do', async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', () => resolve()));
  const { port } = blocker.address() as { port: number };
  // Asynchronous: the blocker lives in this process and must stay able to accept.
  const env = { ...process.env, DOCKER_HOST: 'unix:///nonexistent.sock' };
  const { status, stdout } = slipway(['doctor', '--json', '--data', dataDir, '--port', String(port)], env);
  blocker.close();
  assert.equal(status, 1);
  const findings = new Map(
    (JSON.parse(stdout).findings as { check: string; status: string; advice?: string }[]).map((one) => [
      one.check,
      one,
    ]),
  );
  assert.equal(findings.get('Docker')!.status, 'problem');
  assert.ok(findings.get('Docker')!.advice);
  assert.equal(findings.get('Port')!.status, 'problem');
  assert.equal(findings.get('Node')!.status, 'ok');
});

test('the secret never reaches the logs', async () => {
  const { readdirSync, readFileSync } = await import('node:fs');
  const logs = path.join(dataDir, 'logs');
  for (const file of readdirSync(logs)) {
    const text = readFileSync(path.join(logs, file), 'utf8');
    assert.ok(!text.includes(running.credentials.secretAccessKey), file);
  }
});

test('a damaged credentials file is an error, not a stack trace', () => {
  const other = makeDataDirectory();
  writeFileSync(path.join(other, 'credentials.json'), '{');
  const { status, stderr } = slipway(['env', '--data', other]);
  removeDamaged(other);
  assert.equal(status, 1);
  assert.match(stderr, /cannot read .*credentials\.json/);
  assert.ok(!stderr.includes('    at '));
});

function removeDamaged(dataDirectory: string): void {
  writeFileSync(path.join(dataDirectory, 'credentials.json'), '{}');
  removeAll(dataDirectory);
}

test('down stops it, a second down finds nothing, and the next start has the same key and does not show it', async () => {
  const { status, stdout, stderr } = slipway(['down', '--data', dataDir]);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /Slipway has stopped/);
  await until('the process has ended', 5_000, () => running.process.exitCode !== null);
  assert.equal(running.process.exitCode, 0);
  assert.match(slipway(['down', '--data', dataDir]).stdout, /was not running/);
  const again = await startSlipway(dataDir, ['--no-agent']);
  assert.equal(again.credentials.accessKeyId, running.credentials.accessKeyId);
  assert.ok(!again.output().includes(again.credentials.secretAccessKey));
  assert.equal(await again.stop('SIGINT'), 0);
});

test('after kill -9 the data directory is free at once', async () => {
  const first = await startSlipway(dataDir, ['--no-agent']);
  await first.stop('SIGKILL');
  const second = await startSlipway(dataDir, ['--no-agent']);
  assert.match(second.output(), /Cluster default: there already/);
  running = second;
});
