/**
 * What security adds to a request, in microseconds: SigV4 of a DescribeTasks of 1 KiB (parse, look up, verify), then the
 * decision with the caller's policies read from the store, its context built, and evaluated; for users with 10 and with
 * 500 statements, and for a session of a role, whose token is opened at every request. Routing, decoding and the handler
 * are left out.
 *
 *   node bench/authorize.ts [--runs 50000]
 */
import { createHash, createHmac } from 'node:crypto';
import { parseArgs } from 'node:util';
import { SignatureV4 } from '@smithy/signature-v4';
import { insertAccessKey } from '#auth/access-key.ts';
import { createAuthorize } from '#auth/authorize.ts';
import { createCredentials } from '#auth/credentials.ts';
import { createSessions } from '#auth/sessions.ts';
import { createVault } from '#keys/vault.ts';
import { FakeClock } from '#lib/clock.ts';
import { seededRandom } from '#lib/random.ts';
import { createAuthenticate } from '#protocol/authenticate.ts';
import type { Permission } from '#protocol/authorize.ts';
import type { SignedRequest } from '#protocol/sigv4/verify.ts';
import { volatileJournal } from '#store/journals/volatile.ts';
import { Store } from '#store/store.ts';
import { allTables } from '#store/tables/all.ts';
import { roles, users } from '#store/tables/iam.ts';
import { percentile, printTable } from './figures.ts';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '50000' } } });
const runs = Number(values.runs);
const account = '111122223333';
const clock = new FakeClock(Date.UTC(2026, 10, 21, 12));
const random = seededRandom(1);
const vault = createVault(Buffer.alloc(32, 1), random);
const store = await Store.open({ journal: volatileJournal(), tables: allTables });
const sessions = createSessions({ vault, view: store, random });
const authenticate = createAuthenticate({ credentials: createCredentials({ view: store, vault, sessions }), clock });
const authorize = createAuthorize({ view: store, clock });

const verbs = ['Describe', 'List', 'Create', 'Update', 'Delete'];

/** A fifth with wildcards in their actions, a fifth with conditions, a fifth with variables, a tenth denies. */
function statement(n: number) {
  return {
    Sid: `Statement${n}`,
    Effect: n % 10 === 9 ? 'Deny' : 'Allow',
    Action: n % 5 === 0 ? [`ecs:${verbs[n % 4]}*`, 'logs:*'] : [`ecs:${verbs[n % 5]}Service${n}`, 'ecs:DescribeTasks'],
    Resource:
      n % 5 === 1 ? `arn:aws:ecs:*:*:task/${n}-\${aws:PrincipalTag/team}/*` : `arn:aws:ecs:*:${account}:task/c${n}/*`,
    ...(n % 5 === 2 && {
      Condition: { StringLike: { 'ecs:cluster': `*cluster/c${n}` }, IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } },
    }),
  };
}

/** Half in an inline policy, half in ten managed ones would cost the same: what counts is the statements. */
function identity(count: number) {
  const last = { Effect: 'Allow', Action: 'ecs:DescribeTasks', Resource: `arn:aws:ecs:*:${account}:task/web/*` };
  const document = JSON.stringify({
    Version: '2012-10-17',
    Statement: [...Array.from({ length: count - 1 }, (_, n) => statement(n)), last],
  });
  const inlinePolicies = [{ name: 'own', document }];
  return { account, path: '/', createdAt: 0, attachedPolicyArns: [], inlinePolicies, tags: { team: 'blue' } };
}

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

function userWith(count: number): Keys {
  const arn = `arn:aws:iam::${account}:user/u${count}`;
  return store.transact((tx) => {
    const id = `AIDAEXAMPLEEXAMPLE${count}`;
    tx.insert(users, { ...identity(count), arn, name: `u${count}`, id, groupArns: [] });
    return insertAccessKey(tx, { vault, clock, random }, { account, principalArn: arn, principalId: id });
  });
}

function roleSessionWith(count: number): Keys {
  const arn = `arn:aws:iam::${account}:role/r${count}`;
  const id = `AROAEXAMPLEEXAMPLE${count}`;
  store.transact((tx) =>
    tx.insert(roles, {
      ...identity(count),
      arn,
      name: `r${count}`,
      id,
      assumeRolePolicyDocument: '{}',
      maxSessionDurationSeconds: 3600,
    }),
  );
  const now = clock.now();
  const facts = {
    kind: 'assumed-role',
    issuedAt: now,
    expiresAt: now + 3_600_000,
    issuerArn: arn,
    issuerId: id,
  } as const;
  return sessions.issue({
    account,
    arn: `arn:aws:sts::${account}:assumed-role/r${count}/s`,
    userId: `${id}:s`,
    session: { ...facts, name: 's' },
  });
}

class Sha256 {
  readonly #hash;
  constructor(key?: Uint8Array) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', key);
  }
  update(data: Uint8Array | string) {
    this.#hash.update(data);
  }
  digest = async () => new Uint8Array(this.#hash.digest());
}

async function signed(credentials: Keys): Promise<SignedRequest> {
  const body = Buffer.from(JSON.stringify({ cluster: 'web', tasks: ['a'.repeat(32)], pad: 'x'.repeat(950) }));
  const signer = new SignatureV4({ service: 'ecs', region: 'us-east-1', credentials, sha256: Sha256 as never });
  const headers = {
    host: '127.0.0.1:4566',
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'AmazonEC2ContainerServiceV20141113.DescribeTasks',
  };
  const parts = { method: 'POST', protocol: 'http:', hostname: '127.0.0.1', path: '/', query: {}, headers, body };
  const request = await signer.sign(parts, { signingDate: new Date(clock.now()) });
  return { method: 'POST', path: '/', query: '', headers: request.headers, body };
}

const cluster = `arn:aws:ecs:us-east-1:${account}:cluster/web`;
const permission: Permission = {
  action: 'ecs:DescribeTasks',
  resource: `arn:aws:ecs:us-east-1:${account}:task/web/${'a'.repeat(32)}`,
  resourceTags: { team: 'blue' },
  keys: { 'ecs:cluster': cluster },
};
const facts = { requestId: 'r', region: 'us-east-1', sourceIp: '10.1.2.3', userAgent: 'bench', secure: false };

const rows: string[][] = [['caller', 'SigV4 p50 µs', 'p99', 'decision p50 µs', 'p99', 'both p50 µs', 'p99']];
async function measure(name: string, credentials: Keys): Promise<void> {
  const request = await signed(credentials);
  const [proof, decision, both]: [number[], number[], number[]] = [[], [], []];
  for (let n = 0; n < runs; n++) {
    const start = process.hrtime.bigint();
    const { principal } = authenticate(request, 'ecs');
    const middle = process.hrtime.bigint();
    if (!authorize({ ...facts, principal, permissions: [permission] }).allowed)
      throw new Error('the decision is wrong');
    const end = process.hrtime.bigint();
    if (n < runs / 10) continue;
    proof.push(Number(middle - start) / 1000);
    decision.push(Number(end - middle) / 1000);
    both.push(Number(end - start) / 1000);
  }
  const figures = [proof, decision, both].flatMap((times) => [percentile(times, 0.5), percentile(times, 0.99)]);
  rows.push([name, ...figures.map((figure) => figure.toFixed(1))]);
}
for (const count of [10, 500]) {
  await measure(`user, ${count} statements`, userWith(count));
  await measure(`session of a role, ${count} statements`, roleSessionWith(count));
}
printTable(rows);
