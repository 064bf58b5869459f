/** Who may do what over the OCI routes, under which names, and what is said otherwise. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { insertAccessKey } from '#auth/access-key.ts';
import { issueRegistryToken } from '#auth/registry-token.ts';
import { privateRegistry } from '#images/image-name.ts';
import { createRepository } from '#images/repositories.ts';
import { systemClock } from '#lib/clock.ts';
import { systemRandom } from '#lib/random.ts';
import { repositoryArn } from '#model/ecr.ts';
import { publicRegistries, repositories } from '#store/tables/ecr.ts';
import { accessKeys, accounts, users } from '#store/tables/iam.ts';
import { testAccount, testRegion } from '../support/control-plane.ts';
import {
  basic,
  type Client,
  makeImage,
  pushBlob,
  pushImage,
  putManifest,
  randomBlob,
  startTestRegistry,
  type TestRegistry,
} from './client.ts';

const otherAccount = '210987654321';
const deps = { clock: systemClock, random: systemRandom };

let registry: TestRegistry;

before(async () => {
  registry = await startTestRegistry({ registry: {} });
});
after(() => registry.close());

/** A user with one inline policy, and its access key. */
async function makeUser(name: string, statement: object | undefined, account = testAccount) {
  const { store, vault } = registry;
  const arn = `arn:aws:iam::${account}:user/${name}`;
  const document = JSON.stringify({ Version: '2012-10-17', Statement: statement });
  const key = store.transact((tx) => {
    if (!tx.get(accounts, account)) tx.insert(accounts, { id: account, createdAt: systemClock.now() });
    tx.insert(users, {
      arn,
      account,
      path: '/',
      name,
      id: `AIDA${name.toUpperCase().padEnd(17, 'X')}`,
      createdAt: systemClock.now(),
      attachedPolicyArns: [],
      inlinePolicies: statement ? [{ name: 'own', document }] : [],
      groupArns: [],
      tags: {},
    });
    const owner = { account, principalArn: arn, principalId: `AIDA${name.toUpperCase().padEnd(17, 'X')}` };
    return insertAccessKey(tx, { ...deps, vault }, owner);
  });
  const { principalArn, principalId, accessKeyId } = key;
  const principal = { account, arn: principalArn, userId: principalId, accessKeyId };
  await store.settled(store.revision);
  return { key, principal, client: registry.clientAs(basic(key.accessKeyId, key.secretAccessKey)) };
}

async function makeRepository(
  name: string,
  settings: object = {},
  scope = { account: testAccount, region: testRegion },
) {
  const { store } = registry;
  const row = store.transact((tx) => createRepository(tx, deps, { registry: privateRegistry(scope), name, settings })!);
  await store.settled(store.revision);
  return row;
}

const codeOf = (answer: { json(): { errors: { code: string }[] } }) => answer.json().errors[0]!.code;
const version = '2012-10-17';

describe('credentials', () => {
  it('challenges who says nothing or something wrong', async () => {
    const wrong = [undefined, 'Basic !!', 'Bearer x', basic('AWS', 'nonsense'), basic('AKIAX', 'y'), basic('u', 'p')];
    for (const authorization of wrong) {
      const answer = await registry.clientAs(authorization)('GET', '/v2/');
      assert.equal(answer.status, 401);
      assert.equal(codeOf(answer), 'UNAUTHORIZED');
      assert.match(answer.headers['www-authenticate']!, /^Bearer realm="http:\/\/.+\/v2\/token",service=".+"/);
    }
  });

  it('takes an access key, until it is no more', async () => {
    const { client, key } = await makeUser('keyed', { Effect: 'Allow', Action: 'ecr:*', Resource: '*' });
    assert.equal((await client('GET', '/v2/')).status, 200);
    const { store } = registry;
    store.transact((tx) => tx.update(accessKeys, key.accessKeyId, (row) => ({ ...row, status: 'Inactive' as const })));
    await store.settled(store.revision);
    assert.equal((await client('GET', '/v2/')).status, 401);
  });

  it('takes a token for twelve hours, and as long as its user lives', async () => {
    const { store, vault } = registry;
    const { principal } = await makeUser('tokened', { Effect: 'Allow', Action: 'ecr:*', Resource: '*' });
    const scope = { account: testAccount, region: testRegion };
    const { token, expiresAt } = issueRegistryToken({ vault }, principal, scope, systemClock.now());
    assert.ok(Math.abs(expiresAt - systemClock.now() - 12 * 3_600_000) < 1000);
    const client = registry.clientAs(basic('AWS', token));
    assert.equal((await client('GET', '/v2/')).status, 200);
    const old = issueRegistryToken({ vault }, principal, scope, systemClock.now() - 12 * 3_600_000 - 1);
    const expired = await registry.clientAs(basic('AWS', old.token))('GET', '/v2/');
    assert.equal(expired.status, 403);
    assert.match(expired.json().errors[0].message, /token has expired/);
    store.transact((tx) => tx.delete(users, principal.arn));
    await store.settled(store.revision);
    assert.equal((await client('GET', '/v2/')).status, 401);
  });
});

describe('permissions', () => {
  it('asks for the actions of the ECR API', async () => {
    const { arn } = await makeRepository('team/app');
    const image = makeImage();
    assert.equal((await pushImage(registry.client, 'team/app', 'one', image)).status, 201);
    const pull = ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'];
    const { client: puller } = await makeUser('puller', { Effect: 'Allow', Action: pull, Resource: arn });
    assert.equal((await puller('GET', '/v2/team/app/manifests/one')).status, 200);
    assert.equal((await puller('GET', `/v2/team/app/blobs/${image.blobs[0]!.digest}`)).status, 200);
    const refused = [
      await puller('POST', '/v2/team/app/blobs/uploads/'),
      await putManifest(puller, 'team/app', 'two', image),
      await puller('DELETE', '/v2/team/app/manifests/one'),
      await puller('GET', '/v2/team/app/tags/list'),
      await puller('GET', '/v2/_catalog'),
    ];
    for (const answer of refused) {
      assert.equal(answer.status, 403);
      assert.equal(codeOf(answer), 'DENIED');
      assert.match(answer.json().errors[0].message, /is not authorized to perform: ecr:/);
    }
    const { client: nobody } = await makeUser('nobody', undefined);
    assert.equal((await nobody('GET', '/v2/team/app/manifests/one')).status, 403);
    assert.equal((await nobody('GET', '/v2/team/unknown/manifests/one')).status, 403);
  });

  it('sees a change of policy at once', async () => {
    const { arn } = await makeRepository('changing');
    await pushImage(registry.client, 'changing', 'one', makeImage());
    const { client, principal } = await makeUser('changing', { Effect: 'Allow', Action: 'ecr:*', Resource: arn });
    const { store } = registry;
    for (const effect of ['Deny', 'Allow', 'Deny']) {
      const Statement = { Effect: effect, Action: 'ecr:*', Resource: '*' };
      const document = JSON.stringify({ Version: version, Statement });
      store.transact((tx) =>
        tx.update(users, principal.arn, (row) => ({ ...row, inlinePolicies: [{ name: 'own', document }] })),
      );
      await store.settled(store.revision);
      const { status } = await client('GET', '/v2/changing/manifests/one');
      assert.equal(status, effect === 'Allow' ? 200 : 403);
    }
  });

  it('lets other accounts in where the policy of the repository says so', async () => {
    const { arn } = await makeRepository('shared');
    await pushImage(registry.client, 'shared', 'one', makeImage());
    const all = { Effect: 'Allow', Action: 'ecr:*', Resource: '*' };
    const { client } = await makeUser('stranger', all, otherAccount);
    const path = `/v2/${testAccount}.${testRegion}/shared/manifests/one`;
    assert.equal((await client('GET', path)).status, 403);
    const Statement = {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${otherAccount}:root` },
      Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
    };
    const { store } = registry;
    const policyText = JSON.stringify({ Version: version, Statement });
    store.transact((tx) => tx.update(repositories, arn, (row) => ({ ...row, policyText })));
    await store.settled(store.revision);
    assert.equal((await client('GET', path)).status, 200);
    assert.equal((await putManifest(client, `${testAccount}.${testRegion}/shared`, 'two', makeImage())).status, 403);
  });

  it('mounts only what the caller may pull', async () => {
    await makeRepository('secret');
    const target = await makeRepository('mounting');
    const blob = randomBlob(100);
    await pushBlob(registry.client, 'secret', blob);
    const { client } = await makeUser('mounter', { Effect: 'Allow', Action: 'ecr:*', Resource: target.arn });
    for (const from of ['&from=secret', '']) {
      const answer = await client('POST', `/v2/mounting/blobs/uploads/?mount=${blob.digest}${from}`);
      assert.equal(answer.status, 202);
    }
  });
});

describe('names', () => {
  it('reaches a repository by its account and region, by AWS host names, and by its plain name', async () => {
    const there = { account: testAccount, region: 'eu-west-1' };
    await makeRepository('named', {}, there);
    await makeRepository('named');
    const [far, near] = [makeImage(), makeImage()];
    const { client } = registry;
    await pushImage(client, `${testAccount}.eu-west-1/named`, 'x', far);
    await pushImage(client, 'named', 'x', near);
    const get = async (path: string, host?: string) => {
      const answer = await client('GET', `/v2/${path}/manifests/x`, host ? { headers: { host } } : {});
      assert.equal(answer.status, 200, path);
      return answer.headers['docker-content-digest'];
    };
    assert.equal(await get('named'), near.digest);
    assert.equal(await get(`${testAccount}.${testRegion}/named`), near.digest);
    assert.equal(await get(`${testAccount}.eu-west-1/named`), far.digest);
    assert.equal(await get('named', `${testAccount}.dkr.ecr.eu-west-1.amazonaws.com`), far.digest);
    assert.equal(await get(`${testAccount}.dkr.ecr.eu-west-1.amazonaws.com/named`), far.digest);
  });

  it('pulls from public repositories without a name, and pushes by permission', async () => {
    const { store, client } = registry;
    const alias = { status: 'ACTIVE', primaryRegistryAlias: true, defaultRegistryAlias: true, name: 'acme' } as const;
    const row = { kind: 'public', account: testAccount, region: 'us-east-1' } as const;
    store.transact((tx) => {
      tx.put(publicRegistries, { account: testAccount, aliases: [alias] });
      createRepository(tx, deps, { registry: row, name: 'tool' });
    });
    await store.settled(store.revision);
    const image = makeImage();
    assert.equal((await pushImage(client, 'public.ecr.aws/acme/tool', 'x', image)).status, 201);
    const anybody = registry.clientAs(undefined);
    const answer = await anybody('GET', '/v2/public.ecr.aws/acme/tool/manifests/x');
    assert.equal(answer.headers['docker-content-digest'], image.digest);
    const host = { headers: { host: 'public.ecr.aws' } };
    assert.equal((await anybody('GET', `/v2/acme/tool/blobs/${image.blobs[0]!.digest}`, host)).status, 200);
    assert.equal((await anybody('GET', '/v2/', host)).status, 401);
    assert.equal((await anybody('POST', '/v2/public.ecr.aws/acme/tool/blobs/uploads/')).status, 401);
    assert.equal((await anybody('GET', '/v2/public.ecr.aws/nobody/tool/manifests/x')).status, 404);
  });

  it('says of a repository that is missing what ECR says', async () => {
    const { client } = registry;
    for (const answer of [
      await client('GET', '/v2/not/there/manifests/x'),
      await client('POST', '/v2/not/there/blobs/uploads/'),
      await client('GET', '/v2/not/there/tags/list'),
    ]) {
      assert.equal(answer.status, 404);
      const message = `The repository with name 'not/there' does not exist in the registry with id '${testAccount}'`;
      assert.deepEqual(answer.json(), { errors: [{ code: 'NAME_UNKNOWN', message }] });
    }
    assert.equal(codeOf(await client('GET', '/v2/Not/Valid/manifests/x')), 'NAME_INVALID');
    assert.ok(
      !registry.store.get(
        repositories,
        repositoryArn(privateRegistry({ account: testAccount, region: testRegion }), 'not/there'),
      ),
    );
  });
});

describe('tags', () => {
  it('never moves an immutable tag', async () => {
    await makeRepository('fixed', { imageTagMutability: 'IMMUTABLE' });
    const { client } = registry;
    const [first, second] = [makeImage(), makeImage()];
    assert.equal((await pushImage(client, 'fixed', 'x', first)).status, 201);
    assert.equal((await pushImage(client, 'fixed', 'x', first)).status, 201);
    const moved = await pushImage(client, 'fixed', 'x', second);
    assert.equal(moved.status, 400);
    assert.equal(codeOf(moved), 'TAG_INVALID');
    assert.match(moved.json().errors[0].message, /cannot be overwritten because the tag is immutable/);
  });

  it('lists in pages', async () => {
    await makeRepository('paged');
    const { client }: { client: Client } = registry;
    const image = makeImage();
    for (let i = 0; i < 7; i++) await pushImage(client, 'paged', `tag-${i}`, image);
    const seen: string[] = [];
    let path: string | undefined = '/v2/paged/tags/list?n=3';
    for (let pages = 0; path; pages++) {
      assert.ok(pages < 3);
      const answer = await client('GET', path);
      seen.push(...answer.json().tags);
      path = /^<(.+)>; rel="next"$/.exec((answer.headers['link'] as string) ?? '')?.[1];
    }
    assert.deepEqual(
      seen,
      [0, 1, 2, 3, 4, 5, 6].map((i) => `tag-${i}`),
    );
    assert.deepEqual((await client('GET', '/v2/paged/tags/list?n=0')).json().tags, []);
    assert.equal(codeOf(await client('GET', '/v2/paged/tags/list?n=x')), 'PAGINATION_NUMBER_INVALID');
    const catalogue = await client('GET', '/v2/_catalog?n=2');
    assert.equal(catalogue.json().repositories.length, 2);
    assert.match(catalogue.headers['link'] as string, /^<\/v2\/_catalog\?last=/);
  });
});
