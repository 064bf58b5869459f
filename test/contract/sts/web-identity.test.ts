import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { ListClustersCommand } from '@aws-sdk/client-ecs';
import { AssumeRoleWithWebIdentityCommand, type AssumeRoleWithWebIdentityCommandInput } from '@aws-sdk/client-sts';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { openIdConnectProviders } from '#store/tables/iam.ts';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { allow, makeRole, toCredentials, trusting } from '../../support/identities.ts';
import { send } from '../../support/raw.ts';

let plane: TestControlPlane;
let server: Server;
let issuer: string;
let url: string;
let provider: string;
let down = false;
let asked = 0;
let signingKey: CryptoKey;
const published: object[] = [];

async function addKey(kid: string): Promise<CryptoKey> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  published.push({ ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' });
  return privateKey;
}

before(async () => {
  plane = await startTestControlPlane();
  server = createServer((request, response) => {
    asked++;
    if (down) return response.writeHead(500).end();
    const discovery = { issuer, jwks_uri: `${issuer}/keys` };
    response.end(JSON.stringify(request.url === '/keys' ? { keys: published } : discovery));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  issuer = `http://${url}`;
  provider = `arn:aws:iam::${plane.account}:oidc-provider/${url}`;
  const row = { arn: provider, account: plane.account, url, clientIds: ['sts.amazonaws.com'], thumbprints: [] };
  plane.store.transact((tx) => tx.insert(openIdConnectProviders, { ...row, createdAt: 0, tags: {} }));
  signingKey = await addKey('one');
});
after(async () => {
  await plane.close();
  server.closeAllConnections();
  server.close();
});

const claims = { sub: 'repo:slipway/site', aud: 'sts.amazonaws.com' };
const token = (more: JWTPayload = {}, key = signingKey, kid = 'one') =>
  new SignJWT({ iss: issuer, ...claims, ...more })
    .setProtectedHeader({ alg: 'ES256', kid })
    .setIssuedAt()
    .setExpirationTime(more.exp ?? '5m')
    .sign(key);

let made = 0;
const role = (condition?: object, extra: readonly string[] = []) =>
  makeRole(
    plane,
    `web-${made++}`,
    trusting({ Federated: provider }, condition, ['sts:AssumeRoleWithWebIdentity', ...extra]),
    [allow('ecs:*')],
  );
const assume = (RoleArn: string, WebIdentityToken: string, more: Partial<AssumeRoleWithWebIdentityCommandInput> = {}) =>
  plane.sts().send(new AssumeRoleWithWebIdentityCommand({ RoleArn, WebIdentityToken, RoleSessionName: 'ci', ...more }));
const refused = { name: 'AccessDenied', message: 'Not authorized to perform sts:AssumeRoleWithWebIdentity' };

describe('AssumeRoleWithWebIdentity', () => {
  test('makes a session for whom the trust policy names, without a signature', async () => {
    const arn = role({
      StringEquals: { [`${url}:aud`]: 'sts.amazonaws.com' },
      StringLike: { [`${url}:sub`]: 'repo:slipway/*' },
    });
    const { $metadata, Credentials, AssumedRoleUser, ...answer } = await assume(arn, await token());
    assert.deepEqual(answer, {
      SubjectFromWebIdentityToken: claims.sub,
      Audience: claims.aud,
      Provider: provider,
    });
    const name = arn.slice(arn.lastIndexOf('/') + 1);
    assert.equal(AssumedRoleUser!.Arn, `arn:aws:sts::${plane.account}:assumed-role/${name}/ci`);
    await plane.ecs({ credentials: toCredentials(Credentials!) }).send(new ListClustersCommand());

    const form = new URLSearchParams({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: arn,
      RoleSessionName: 'ci',
      WebIdentityToken: await token(),
    });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const reply = await send(plane.endpoint, { headers, body: form.toString() });
    assert.equal(reply.status, 200, reply.body);
    assert.match(reply.body, /<SessionToken>/);
  });

  test('refuses whom the trust policy does not name, and roles that are not there', async () => {
    const wrong = role({ StringEquals: { [`${url}:sub`]: 'repo:other/site' } });
    await assert.rejects(assume(wrong, await token()), refused);
    await assert.rejects(assume(`arn:aws:iam::${plane.account}:role/gone`, await token()), refused);
    const people = makeRole(plane, 'people', trusting({ AWS: plane.account }));
    await assert.rejects(assume(people, await token()), refused);
  });

  test('refuses tokens that are not good', async () => {
    const arn = role();
    const invalid = (message: RegExp) => ({ name: /^InvalidIdentityToken/, message });
    const stranger = (await generateKeyPair('ES256')).privateKey;
    await assert.rejects(assume(arn, await token({}, stranger)), invalid(/signature/));
    await assert.rejects(assume(arn, await token({ aud: 'else' })), invalid(/^Incorrect token audience$/));
    await assert.rejects(assume(arn, await token({ azp: 'else' })), invalid(/^Incorrect token audience$/));
    await assert.rejects(
      assume(arn, await token({ iss: 'https://elsewhere.example' })),
      invalid(/^No OpenIDConnect provider found in your account for https:\/\/elsewhere\.example$/),
    );
    await assert.rejects(assume(arn, 'not.a.token'), invalid(/not a valid JWT/));
    const { sub: _, ...rest } = claims;
    const noSubject = await new SignJWT({ iss: issuer, ...rest })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(signingKey);
    await assert.rejects(assume(arn, noSubject), invalid(/^Missing a required claim: sub$/));
    const exp = Math.floor(Date.now() / 1000) - 10;
    await assert.rejects(assume(arn, await token({ exp })), {
      name: /^ExpiredToken/,
      message: new RegExp(`^Token expired: current date/time \\d+ must be before the expiration date/time ${exp}$`),
    });
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify({ iss: issuer, ...claims })).toString('base64url')}.`;
    await assert.rejects(assume(arn, unsigned), { name: /^InvalidIdentityToken/ });
  });

  test('takes tags and a source identity out of the token', async () => {
    const tags = { principal_tags: { team: ['blue'] }, transitive_tag_keys: ['team'] };
    const more = { 'https://aws.amazon.com/tags': tags, 'https://aws.amazon.com/source_identity': 'ada' };
    await assert.rejects(assume(role(), await token(more)), refused);
    const condition = { StringEquals: { 'aws:RequestTag/team': 'blue' } };
    const arn = role(condition, ['sts:TagSession', 'sts:SetSourceIdentity']);
    const answer = await assume(arn, await token(more));
    assert.equal(answer.SourceIdentity, 'ada');
    await assert.rejects(assume(arn, await token({ 'https://aws.amazon.com/tags': { principal_tags: { a: 1 } } })), {
      name: /^IDPRejectedClaim/,
    });
  });

  test('keeps the keys of an issuer, and says when it cannot have them', async () => {
    const arn = role();
    await assume(arn, await token());
    const before = asked;
    await assume(arn, await token());
    assert.equal(asked, before);
    const RoleArn = makeRole(
      plane,
      'down',
      trusting({ Federated: `${provider}/down` }, undefined, 'sts:AssumeRoleWithWebIdentity'),
    );
    const row = { arn: `${provider}/down`, account: plane.account, url: `${url}/down`, clientIds: [claims.aud] };
    plane.store.transact((tx) =>
      tx.insert(openIdConnectProviders, { ...row, thumbprints: [], createdAt: 0, tags: {} }),
    );
    down = true;
    await assert.rejects(assume(RoleArn, await token({ iss: `${issuer}/down` })), {
      name: /^InvalidIdentityToken/,
      message: /^Couldn't retrieve verification key from your identity provider/,
    });
    down = false;
  });
});

test('AssumeRoleWithSAML says that it is not there', async () => {
  const body = 'Action=AssumeRoleWithSAML&Version=2011-06-15';
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const reply = await send(plane.endpoint, { headers, body });
  assert.match(reply.body, /<Code>NotImplemented<\/Code>/);
});
