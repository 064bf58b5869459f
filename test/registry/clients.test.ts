/**
 * The exchanges of clients that are seldom all on one machine, request by request as their sources make them: docker, podman and
 * skopeo, crane and cosign, oras, containerd and BuildKit, docker-credential-ecr-login, the OCI conformance suite. The real docker and
 * skopeo are in test/e2e/registry.test.ts.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { GetAuthorizationTokenCommand, ListImageReferrersCommand } from '@aws-sdk/client-ecr';
import { issueRegistryToken } from '#auth/registry-token.ts';
import { publicRegistry } from '#images/image-name.ts';
import { createRepository } from '#images/repositories.ts';
import { systemClock } from '#lib/clock.ts';
import { images, publicRegistries } from '#store/tables/ecr.ts';
import { testAccount, testRegion } from '../support/control-plane.ts';
import {
  type Answer,
  basic,
  blobOf,
  type Client,
  descriptorOf,
  makeImage,
  mediaTypes,
  pushImage,
  type RequestOptions,
  randomBlob,
  startTestRegistry,
  type TestManifest,
  type TestRegistry,
} from './client.ts';

let registry: TestRegistry;
let bare: Client;
let password: string;

before(async () => {
  registry = await startTestRegistry();
  bare = registry.clientAs(undefined);
  const client = registry.ecr();
  const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}));
  const [data] = authorizationData!;
  assert.equal(data!.proxyEndpoint, `http://127.0.0.1:${registry.port}`);
  // As docker-credential-ecr-login takes it apart.
  const [user, secret] = Buffer.from(data!.authorizationToken!, 'base64').toString().split(':');
  assert.equal(user, 'AWS');
  password = secret!;
  const { store } = registry;
  store.transact((tx) => {
    const alias = { name: 'makers', status: 'ACTIVE' as const, primaryRegistryAlias: true, defaultRegistryAlias: true };
    tx.insert(publicRegistries, { account: testAccount, aliases: [alias] });
    createRepository(tx, { clock: systemClock }, { registry: publicRegistry(testAccount), name: 'tool' });
  });
  await store.settled(store.revision);
});
after(() => registry.close());

interface Challenge {
  readonly realm: URL;
  readonly service: string;
  readonly scope: string | undefined;
  readonly error: string | undefined;
}

function challengeOf(answer: Answer): Challenge {
  assert.equal(answer.status, 401);
  const header = answer.headers['www-authenticate']!;
  assert.match(header, /^Bearer /);
  const found = new Map(Array.from(header.matchAll(/([a-z_]+)="([^"]*)"/g), ([, name, value]) => [name, value]));
  return {
    realm: new URL(found.get('realm')!),
    service: found.get('service')!,
    scope: found.get('scope'),
    error: found.get('error'),
  };
}

type Identity = readonly [user: string, password: string] | undefined;
type Parameters = Readonly<Record<string, string>>;

async function fetchToken(challenge: Challenge, who: Identity, parameters: Parameters): Promise<string> {
  const query = new URLSearchParams({ service: challenge.service, ...parameters });
  const headers: Record<string, string> = who ? { authorization: basic(...who) } : {};
  const answer = await bare('GET', `${challenge.realm.pathname}?${query}`, { headers });
  assert.equal(answer.status, 200);
  const { token, access_token: accessToken, expires_in: expiresIn, issued_at: issuedAt } = answer.json();
  assert.equal(token, accessToken);
  assert.ok(expiresIn > 60 && expiresIn <= 12 * 3600);
  assert.ok(Math.abs(Date.parse(issuedAt) - Date.now()) < 60_000);
  assert.equal(answer.headers['cache-control'], 'no-store');
  return token;
}

const withToken =
  (token: string) =>
  (method: string, path: string, options: RequestOptions = {}) =>
    bare(method, path, { ...options, headers: { ...options.headers, authorization: `Bearer ${token}` } });

/** docker's client, and containers/image of podman and skopeo: the challenge of a ping is that of the whole host. */
async function afterPing(who: Identity, scope: string, more: Parameters = {}) {
  const challenge = challengeOf(await bare('GET', '/v2/'));
  return withToken(await fetchToken(challenge, who, { ...more, scope }));
}

/** go-containerregistry, oras-go, the conformance suite: each request answers its own challenge. */
async function challenged(who: Identity, method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
  const first = await bare(method, path, options);
  if (first.status !== 401) return first;
  const challenge = challengeOf(first);
  const token = await fetchToken(challenge, who, challenge.scope === undefined ? {} : { scope: challenge.scope });
  return withToken(token)(method, path, options);
}

type Send = (method: string, path: string, options?: RequestOptions) => Promise<Answer>;

async function pull(send: Send, name: string, reference: string, image: TestManifest): Promise<void> {
  const accept = Object.values(mediaTypes).join(', ');
  const manifest = await send('GET', `/v2/${name}/manifests/${reference}`, { headers: { accept } });
  assert.equal(manifest.status, 200);
  assert.equal(manifest.headers['content-type'], image.mediaType);
  assert.equal(manifest.headers['docker-content-digest'], image.digest);
  assert.deepEqual(manifest.body, image.bytes);
  for (const blob of image.blobs) {
    const got = await send('GET', `/v2/${name}/blobs/${blob.digest}`);
    assert.equal(got.status, 200);
    assert.deepEqual(got.body, blob.bytes);
  }
}

const aws = (): Identity => ['AWS', password];
const withDigest = (location: string, digest: string) =>
  `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`;
const octets = { 'content-type': 'application/octet-stream' };
const publicName = 'public.ecr.aws/makers/tool';

/** POST, the bytes in one PATCH, an empty PUT: docker, podman, skopeo, crane. */
async function pushByPatch(send: Send, name: string, reference: string, image: TestManifest, chunked: boolean) {
  for (const blob of image.blobs) {
    assert.equal((await send('HEAD', `/v2/${name}/blobs/${blob.digest}`)).status, 404);
    const begun = await send('POST', `/v2/${name}/blobs/uploads/`);
    assert.equal(begun.status, 202);
    const sent = await send('PATCH', begun.headers.location!, { body: blob.bytes, chunked, headers: octets });
    assert.equal(sent.status, 202);
    const put = await send('PUT', withDigest(sent.headers.location!, blob.digest), { headers: octets });
    assert.equal(put.status, 201);
    assert.equal((await send('HEAD', `/v2/${name}/blobs/${blob.digest}`)).status, 200);
  }
  const headers = { 'content-type': image.mediaType };
  const put = await send('PUT', `/v2/${name}/manifests/${reference}`, { body: image.bytes, headers });
  assert.equal(put.status, 201);
  assert.equal(put.headers['docker-content-digest'], image.digest);
}

describe('docker', () => {
  it('logs in: credentials go to the token endpoint, and the token to the base', async () => {
    const challenge = challengeOf(await bare('GET', '/v2/'));
    const more = { account: 'AWS', client_id: 'docker', offline_token: 'true' };
    const token = await fetchToken(challenge, aws(), more);
    assert.equal((await withToken(token)('GET', '/v2/')).status, 200);
    const query = new URLSearchParams({ service: challenge.service, ...more });
    for (const wrong of ['wrong', password.slice(0, -3)]) {
      const headers = { authorization: basic('AWS', wrong) };
      assert.equal((await bare('GET', `${challenge.realm.pathname}?${query}`, { headers })).status, 401);
    }
  });

  it('pushes, and pulls what is private only when logged in', async () => {
    const image = makeImage();
    const push = await afterPing(aws(), 'repository:clients/docker:pull,push', { account: 'AWS' });
    await pushByPatch(push, 'clients/docker', '1', image, true);
    await pull(await afterPing(aws(), 'repository:clients/docker:pull'), 'clients/docker', '1', image);
    const nobody = await afterPing(undefined, 'repository:clients/docker:pull');
    const refused = await nobody('GET', '/v2/clients/docker/manifests/1');
    assert.equal(challengeOf(refused).error, 'invalid_token');
    assert.equal(refused.json().errors[0].code, 'UNAUTHORIZED');
    const pushing = await afterPing(undefined, 'repository:clients/docker:pull,push');
    assert.equal((await pushing('POST', '/v2/clients/docker/blobs/uploads/')).status, 401);
  });

  it('pulls public images without a login, and pushes them with one', async () => {
    const image = makeImage();
    await pushImage(registry.client, publicName, '1', image);
    await pull(await afterPing(undefined, `repository:${publicName}:pull`), publicName, '1', image);
    await pull(await afterPing(aws(), `repository:${publicName}:pull`), publicName, '1', image);
    const other = makeImage();
    await pushByPatch(await afterPing(aws(), `repository:${publicName}:pull,push`), publicName, '2', other, true);
    const nobody = await afterPing(undefined, `repository:${publicName}:pull,push`);
    assert.equal((await nobody('POST', `/v2/${publicName}/blobs/uploads/`)).status, 401);
  });

  it('mounts from another repository', async () => {
    const image = makeImage();
    await pushImage(registry.client, 'clients/base', '1', image);
    const send = await afterPing(aws(), 'repository:clients/mounted:pull,push');
    const [blob] = image.blobs;
    const mount = new URLSearchParams({ from: 'clients/base', mount: blob!.digest });
    assert.equal((await send('POST', `/v2/clients/mounted/blobs/uploads/?${mount}`)).status, 201);
  });
});

describe('hosts', () => {
  const at = (host: string, headers: Parameters = {}) => bare('GET', '/v2/', { headers: { host, ...headers } });

  it('under AWS\u2019s names answer as AWS does', async () => {
    const answer = await at(`${testAccount}.dkr.ecr.${testRegion}.amazonaws.com`);
    const realm = `Basic realm="http://${testAccount}.dkr.ecr.${testRegion}.amazonaws.com/",service="ecr.amazonaws.com"`;
    assert.equal(answer.headers['www-authenticate'], realm);
    const { service, scope, realm: tokens } = challengeOf(await at('public.ecr.aws'));
    assert.deepEqual([service, scope, tokens.host], ['public.ecr.aws', 'aws', 'public.ecr.aws']);
  });

  it('behind a proxy that speaks TLS are named as the client knows them', async () => {
    const { realm } = challengeOf(await at('registry.example.org', { 'x-forwarded-proto': 'https' }));
    assert.equal(realm.href, 'https://registry.example.org/v2/token');
  });
});

describe('podman and skopeo', () => {
  it('log in, push with a length, list, delete', async () => {
    const image = makeImage();
    const send = await afterPing(aws(), 'repository:clients/skopeo:pull,push', { account: 'AWS' });
    assert.equal((await send('GET', '/v2/')).status, 200);
    await pushByPatch(send, 'clients/skopeo', '1', image, false);
    await pull(send, 'clients/skopeo', '1', image);
    assert.deepEqual((await send('GET', '/v2/clients/skopeo/tags/list')).json().tags, ['1']);
    const head = await send('HEAD', '/v2/clients/skopeo/manifests/1');
    const digest = head.headers['docker-content-digest'];
    const remove = await afterPing(aws(), 'repository:clients/skopeo:*');
    assert.equal((await remove('DELETE', `/v2/clients/skopeo/manifests/${digest}`)).status, 202);
  });

  it('pull public images without a login', async () => {
    const image = makeImage();
    await pushImage(registry.client, publicName, 'skopeo', image);
    await pull(await afterPing(undefined, `repository:${publicName}:pull`), publicName, 'skopeo', image);
  });
});

describe('crane and cosign', () => {
  it('push, ask for the token\u2019s scope anew, sign under a tag and as a referrer', async () => {
    const image = makeImage();
    const send: Send = (...request) => challenged(aws(), ...request);
    await pushByPatch(send, 'clients/crane', 'v1', image, true);
    await pull(send, 'clients/crane', 'v1', image);
    assert.equal((await send('GET', '/v2/_catalog?n=1000')).status, 200);

    const payload = blobOf(JSON.stringify({ critical: { image: { 'docker-manifest-digest': image.digest } } }));
    const annotations = { 'dev.cosignproject.cosign/signature': 'MEUCIQ==' };
    const layers = [descriptorOf(payload, 'application/vnd.dev.cosign.simplesigning.v1+json', { annotations })];
    const signature = makeImage({ layers }, { layers: 0 });
    const tag = `${image.digest.replace(':', '-')}.sig`;
    assert.equal((await send('GET', `/v2/clients/crane/manifests/${tag}`)).status, 404);
    await pushByPatch(send, 'clients/crane', tag, { ...signature, blobs: [...signature.blobs, payload] }, true);
    await pull(send, 'clients/crane', tag, { ...signature, blobs: [payload] });
  });

  it('pull public images without a login', async () => {
    const image = makeImage();
    await pushImage(registry.client, publicName, 'crane', image);
    await pull((...request) => challenged(undefined, ...request), publicName, 'crane', image);
  });
});

describe('oras', () => {
  it('attaches: bytes in the PUT, the subject answered, referrers by type', async () => {
    const image = makeImage();
    await pushImage(registry.client, 'clients/oras', '1', image);
    const send: Send = (...request) => challenged(aws(), ...request);
    const file = randomBlob(2_000);
    const empty = blobOf('{}');
    for (const blob of [file, empty]) {
      const begun = await send('POST', '/v2/clients/oras/blobs/uploads/');
      const url = withDigest(begun.headers.location!, blob.digest);
      assert.equal((await send('PUT', url, { body: blob.bytes, headers: octets })).status, 201);
    }
    const artifactType = 'text/sbom+json';
    const artifact = blobOf(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: mediaTypes.image,
        artifactType,
        config: descriptorOf(empty, mediaTypes.empty),
        layers: [descriptorOf(file, artifactType)],
        subject: descriptorOf(image, image.mediaType),
      }),
    );
    const headers = { 'content-type': mediaTypes.image };
    const path = `/v2/clients/oras/manifests/${artifact.digest}`;
    const put = await send('PUT', path, { body: artifact.bytes, headers });
    assert.equal(put.status, 201);
    assert.equal(put.headers['oci-subject'], image.digest);
    const query = new URLSearchParams({ artifactType });
    const listed = await send('GET', `/v2/clients/oras/referrers/${image.digest}?${query}`);
    assert.equal(listed.headers['oci-filters-applied'], 'artifactType');
    assert.deepEqual(
      listed.json().manifests.map((one: { digest: string }) => one.digest),
      [artifact.digest],
    );
  });
});

describe('containerd and BuildKit', () => {
  const post = (challenge: Challenge, form: Parameters) =>
    bare('POST', challenge.realm.pathname, {
      body: new URLSearchParams({ client_id: 'containerd-client', service: challenge.service, ...form }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    });

  it('send credentials as a form, and resume downloads', async () => {
    const image = makeImage();
    await pushImage(registry.client, 'clients/containerd', '1', image);
    const challenge = challengeOf(await bare('HEAD', '/v2/clients/containerd/manifests/1'));
    assert.equal(challenge.scope, 'repository:clients/containerd:pull');
    const form = { grant_type: 'password', scope: challenge.scope, username: 'AWS', password };
    const answer = await post(challenge, form);
    assert.equal(answer.status, 200);
    const send = withToken(answer.json().access_token);
    await pull(send, 'clients/containerd', image.digest, image);
    const [blob] = image.blobs;
    const part = await send('GET', `/v2/clients/containerd/blobs/${blob!.digest}`, { headers: { range: 'bytes=10-' } });
    assert.equal(part.status, 206);
    assert.deepEqual(part.body, blob!.bytes.subarray(10));

    assert.equal((await post(challenge, { ...form, password: 'wrong' })).status, 401);
    const refresh = await post(challenge, { grant_type: 'refresh_token', refresh_token: 'x' });
    assert.deepEqual([refresh.status, refresh.json().error], [400, 'unsupported_grant_type']);
  });

  it('pull public images without a login, from any challenge', async () => {
    const image = makeImage();
    await pushImage(registry.client, publicName, 'containerd', image);
    await pull(bare, publicName, 'containerd', image);
    await pull((...request) => challenged(undefined, ...request), publicName, 'containerd', image);
  });
});

describe('tokens', () => {
  it('carry who fetched them, and last no longer than what they were fetched with', async () => {
    const { principalArn, principalId, account, accessKeyId } = registry.administrator;
    const principal = { account, arn: principalArn, userId: principalId, accessKeyId };
    const scope = { account, region: testRegion };
    const old = issueRegistryToken({ vault: registry.vault }, principal, scope, systemClock.now() - 11 * 3_600_000);
    for (const authorization of [basic('AWS', old.token), `Bearer ${old.token}`]) {
      const { expires_in: left } = (await bare('GET', '/v2/token', { headers: { authorization } })).json();
      assert.ok(left > 3_500 && left <= 3_600, `${left} seconds`);
    }
    assert.equal((await withToken('nonsense')('GET', '/v2/')).status, 401);
  });

  it('need no fetching: Basic credentials are taken on every path', async () => {
    const { accessKeyId, secretAccessKey } = registry.administrator;
    for (const authorization of [basic('AWS', password), basic(accessKeyId, secretAccessKey)]) {
      assert.equal((await registry.clientAs(authorization)('GET', '/v2/')).status, 200);
    }
  });
});

describe('the OCI conformance suite', () => {
  it('answers challenges request by request, as itself and as nobody', async () => {
    const image = makeImage();
    const send: Send = (...request) => challenged(aws(), ...request);
    for (const blob of image.blobs) {
      const begun = await send('POST', '/v2/clients/conformance/blobs/uploads/', { headers: { 'content-length': 0 } });
      const url = withDigest(begun.headers.location!, blob.digest);
      assert.equal((await send('PUT', url, { body: blob.bytes, headers: octets })).status, 201);
    }
    const headers = { 'content-type': image.mediaType };
    const path = '/v2/clients/conformance/manifests/1';
    assert.equal((await send('PUT', path, { body: image.bytes, headers })).status, 201);
    await pull(send, 'clients/conformance', '1', image);
    const nobody = await challenged(['', ''], 'GET', path);
    assert.equal(nobody.status, 401);
  });
});

describe('large annotations', () => {
  it('are answered in lists of referrers, though no row keeps them', async () => {
    const { client } = registry;
    const image = makeImage();
    await pushImage(client, 'clients/annotated', '1', image);
    const annotations = { 'org.example.note': 'x'.repeat(1_000_000) };
    const subject = descriptorOf(image, image.mediaType);
    const referrer = makeImage({ annotations, subject, artifactType: 'application/x-note' });
    assert.equal((await pushImage(client, 'clients/annotated', '2', referrer)).status, 201);
    const row = [...registry.store.all(images)].find((one) => one.digest === referrer.digest)!;
    assert.equal(row.annotations, undefined);
    assert.equal(row.hasLargeAnnotations, true);
    const listed = await client('GET', `/v2/clients/annotated/referrers/${image.digest}`);
    assert.deepEqual(listed.json().manifests[0].annotations, annotations);
    const input = { repositoryName: 'clients/annotated', subjectId: { imageDigest: image.digest } };
    const { referrers } = await registry.ecr().send(new ListImageReferrersCommand(input));
    assert.deepEqual(referrers![0]!.annotations, annotations);
  });
});
