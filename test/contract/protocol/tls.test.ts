/** APIs and registry over TLS with the operator's certificate, in the process that takes TLS off. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect } from 'node:tls';
import { CreateRepositoryCommand, DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr';
import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { WebSocket } from 'ws';
import { certify, makeAuthority } from '#control-plane/tls/certificates.ts';
import { systemRandom } from '#lib/random.ts';
import { startTestControlPlane, type TestControlPlane, testRegion } from '../../support/control-plane.ts';
import { makeImage, pushImage } from '../../support/images.ts';

const name = 'localhost';

describe('TLS', () => {
  let directory: string;
  let plane: TestControlPlane;
  let authority: Awaited<ReturnType<typeof makeAuthority>>;
  let agent: Agent;
  let endpoint: string;
  const clients: ECRClient[] = [];

  const renewCertificate = async () => {
    const leaf = await certify(authority, name, Date.now(), systemRandom.bytes(16));
    for (const part of ['cert', 'key'] as const) {
      await writeFile(join(directory, `${part}.new`), leaf[part]);
      await rename(join(directory, `${part}.new`), join(directory, `${part}.pem`));
    }
  };
  const ecr = (url: string, credentials = plane.administrator as { accessKeyId: string; secretAccessKey: string }) => {
    const requestHandler = { httpsAgent: agent };
    const client = new ECRClient({ endpoint: url, region: testRegion, credentials, requestHandler, maxAttempts: 1 });
    clients.push(client);
    return client;
  };
  const get = (path: string, headers: Record<string, string>) =>
    new Promise<{ status: number; body: string; headers: NodeJS.Dict<string | string[]> }>((resolve, reject) => {
      const outgoing = request(`${endpoint}${path}`, { agent, headers }, async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        const body = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode!, body, headers: response.headers });
      });
      outgoing.on('error', reject).end();
    });

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'slipway-tls-'));
    authority = await makeAuthority('Slipway of a test', Date.now(), systemRandom.bytes(16));
    await renewCertificate();
    const own = { certFile: join(directory, 'cert.pem'), keyFile: join(directory, 'key.pem'), port: 0 };
    plane = await startTestControlPlane({ tls: { own, registryDomain: 'registry.example.org' } });
    agent = new Agent({ ca: authority.cert, keepAlive: true });
    endpoint = `https://${name}:${plane.tlsPort}`;
  });
  after(async () => {
    for (const client of clients) client.destroy();
    agent?.destroy();
    await plane?.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('carries APIs and registry, and the registry has the name of its domain', async () => {
    const client = ecr(endpoint);
    const { repository } = await client.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }));
    const uri = `registry.example.org:${plane.tlsPort}/${plane.account}.${testRegion}/team/app`;
    assert.equal(repository!.repositoryUri, uri);
    const image = makeImage('over TLS');
    await pushImage(client, 'team/app', image, '1');

    const refused = await get('/v2/', {});
    assert.equal(refused.status, 401);
    const host = `${name}:${plane.tlsPort}`;
    assert.equal(refused.headers['www-authenticate'], `Bearer realm="https://${host}/v2/token",service="${host}"`);
    const { accessKeyId, secretAccessKey } = plane.administrator;
    const authorization = `Basic ${Buffer.from(`${accessKeyId}:${secretAccessKey}`).toString('base64')}`;
    const pulled = await get('/v2/team/app/manifests/1', { authorization });
    assert.equal(pulled.body, image.manifest);
  });

  it('counts as secure transport, and nothing that a client says does', async () => {
    const iam = plane.iam();
    await iam.send(new CreateUserCommand({ UserName: 'careful' }));
    const condition = { Bool: { 'aws:SecureTransport': 'true' } };
    const statement = { Effect: 'Allow', Action: 'ecr:*', Resource: '*', Condition: condition };
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    await iam.send(new PutUserPolicyCommand({ UserName: 'careful', PolicyName: 'tls', PolicyDocument }));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'careful' }));
    const credentials = { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
    await ecr(endpoint, credentials).send(new DescribeRepositoriesCommand({}));
    await assert.rejects(ecr(plane.endpoint, credentials).send(new DescribeRepositoriesCommand({})), {
      name: 'AccessDeniedException',
    });

    const { accessKeyId, secretAccessKey } = credentials;
    const authorization = `Basic ${Buffer.from(`${accessKeyId}:${secretAccessKey}`).toString('base64')}`;
    const over = await get('/v2/team/app/manifests/1', { authorization });
    assert.equal(over.status, 200);
    const forged = { 'x-slipway-passed-on': 'guess 10.0.0.1 tls', 'x-forwarded-proto': 'https' };
    const plain = await fetch(`${plane.endpoint}/v2/team/app/manifests/1`, { headers: { authorization, ...forged } });
    assert.equal(plain.status, 403);
  });

  it('opens a tunnel only to where websockets are spoken', async () => {
    for (const path of ['/v2/', '/', '/health']) {
      const refused = await get(path, { connection: 'upgrade', upgrade: 'websocket' });
      assert.deepEqual([path, refused.status], [path, 404]);
    }
  });

  it('carries websockets', async () => {
    const socket = new WebSocket(`${endpoint.replace('https', 'wss')}/acs/ws`, { agent });
    const [, response] = await once(socket, 'unexpected-response');
    assert.equal(response.statusCode, 403);
    response.destroy();
  });

  it('takes the certificate that the file has now', async () => {
    const serialOf = () =>
      new Promise<string>((resolve, reject) => {
        const socket = connect(
          { port: plane.tlsPort!, host: '127.0.0.1', servername: name, ca: authority.cert },
          () => {
            resolve(socket.getPeerCertificate().serialNumber);
            socket.destroy();
          },
        );
        socket.on('error', reject);
      });
    const serial = await serialOf();
    await renewCertificate();
    const deadline = Date.now() + 10_000;
    while ((await serialOf()) === serial) {
      assert.ok(Date.now() < deadline, 'the certificate is still the old one');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
});
