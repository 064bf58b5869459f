/** The policy that asks for cosign's signatures, with signatures that are made here as cosign makes them. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { BatchGetImageCommand, CreateRepositoryCommand, type ECRClient } from '@aws-sdk/client-ecr';
import { createLogger } from '#lib/logger.ts';
import {
  bundleType,
  payloadType,
  preAuthentication,
  signatureAnnotation,
  signatureArtifactType,
} from '#registry/signatures/cosign.ts';
import { readSignaturePolicy } from '#registry/signatures/policy.ts';
import { startTestControlPlane, type TestControlPlane } from '../support/control-plane.ts';
import {
  configType,
  type MadeImage,
  makeImage,
  makeIndex,
  manifestType,
  pushImage,
  sha256,
} from '../support/images.ts';

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString();
const emptyType = 'application/vnd.oci.empty.v1+json';

const describeBytes = (bytes: Buffer, mediaType: string) => ({ mediaType, digest: sha256(bytes), size: bytes.length });

interface Signing {
  readonly key?: KeyObject;
  /** What the payload says is signed. */
  readonly digest?: string;
  readonly optional?: Record<string, string>;
}

function payloadOf(digest: string, optional: Record<string, string> = {}): Buffer {
  const image = { 'docker-manifest-digest': digest };
  const type = 'cosign container image signature';
  return Buffer.from(JSON.stringify({ critical: { identity: { 'docker-reference': '' }, image, type }, optional }));
}

/** `subject` makes it a referrer; without it belongs under a tag. */
function signature(image: MadeImage, signing: Signing = {}, subject?: MadeImage): MadeImage {
  const { key = ec.privateKey, digest = image.digest, optional } = signing;
  const payload = payloadOf(digest, optional);
  const config = Buffer.from(subject ? '{}' : JSON.stringify({ architecture: '', os: '', seed: digest }));
  const annotations = { [signatureAnnotation]: sign('sha256', payload, key).toString('base64') };
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    ...(subject && { artifactType: signatureArtifactType }),
    config: describeBytes(config, subject ? emptyType : configType),
    layers: [{ ...describeBytes(payload, payloadType), annotations }],
    ...(subject && { subject: describeBytes(Buffer.from(subject.manifest), manifestType) }),
  });
  return { manifest, digest: sha256(manifest), blobs: [config, payload] };
}

function bundle(image: MadeImage, key = ec.privateKey): MadeImage {
  const mediaType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
  assert.match(mediaType, bundleType);
  const payloadType = 'application/vnd.in-toto+json';
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ digest: { sha256: image.digest.slice(7) } }],
    predicateType: 'https://sigstore.dev/cosign/sign/v1',
    predicate: {},
  };
  const body = Buffer.from(JSON.stringify(statement));
  const sig = sign('sha256', preAuthentication(payloadType, body), key).toString('base64');
  const dsseEnvelope = { payload: body.toString('base64'), payloadType, signatures: [{ sig }] };
  const blob = Buffer.from(JSON.stringify({ mediaType, verificationMaterial: {}, dsseEnvelope }));
  const config = Buffer.from('{}');
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    artifactType: mediaType,
    config: describeBytes(config, emptyType),
    layers: [describeBytes(blob, mediaType)],
    subject: describeBytes(Buffer.from(image.manifest), manifestType),
  });
  return { manifest, digest: sha256(manifest), blobs: [config, blob] };
}

describe('the signature policy', () => {
  let directory: string;
  let plane: TestControlPlane;
  let ecr: ECRClient;
  let images = 0;
  let said = '';

  const writePolicy = async (rules: readonly object[]) => {
    await writeFile(join(directory, 'policy.new'), JSON.stringify({ rules }));
    await rename(join(directory, 'policy.new'), join(directory, 'policy.json'));
  };
  const usual = [
    { prefix: 'prod/', keys: ['ec.pub', pem(rsa.publicKey)] },
    { prefix: 'prod/scratch/', keys: [] },
    { prefix: 'marked/', keys: ['ec.pub'], annotations: { env: 'prod' } },
  ];
  const pull = async (repository: string, reference: string, userAgent = 'docker/test') => {
    const { accessKeyId, secretAccessKey } = plane.administrator;
    const authorization = `Basic ${Buffer.from(`${accessKeyId}:${secretAccessKey}`).toString('base64')}`;
    const headers = { authorization, accept: '*/*', 'user-agent': userAgent };
    const response = await fetch(`${plane.endpoint}/v2/${repository}/manifests/${reference}`, { headers });
    const text = await response.text();
    return response.ok ? 'pulled' : (JSON.parse(text).errors[0] as { code: string; message: string; detail: unknown });
  };
  const head = async (repository: string, reference: string) => {
    const { accessKeyId, secretAccessKey } = plane.administrator;
    const authorization = `Basic ${Buffer.from(`${accessKeyId}:${secretAccessKey}`).toString('base64')}`;
    const url = `${plane.endpoint}/v2/${repository}/manifests/${reference}`;
    return (await fetch(url, { method: 'HEAD', headers: { authorization } })).status;
  };
  const push = async (repository: string, image = makeImage(`image ${++images}`)) => {
    await pushImage(ecr, repository, image);
    return image;
  };
  const signatureTag = ({ digest }: MadeImage) => `${digest.replace(':', '-')}.sig`;
  const isRefused = async (repository: string, { digest }: MadeImage, why: 'missing' | 'invalid') => {
    const answer = await pull(repository, digest);
    assert.notEqual(answer, 'pulled');
    const { code, message, detail } = answer as Exclude<typeof answer, 'pulled'>;
    assert.equal(code, 'DENIED');
    assert.deepEqual(detail, { signature: why });
    assert.ok(message.includes(`${repository}@${digest}`), message);
    assert.equal(await head(repository, digest), 404);
  };

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'slipway-policy-'));
    await writeFile(join(directory, 'ec.pub'), pem(ec.publicKey));
    await writePolicy(usual);
    const sink = {
      write: (line: string) => {
        said += line;
      },
    };
    plane = await startTestControlPlane({
      registry: { signaturePolicy: join(directory, 'policy.json') },
      logger: createLogger({ level: 'error', sink, now: () => 0 }),
    });
    ecr = plane.ecr();
    for (const repositoryName of ['prod/app', 'prod/scratch/app', 'other/app', 'marked/app', 'late/app'])
      await ecr.send(new CreateRepositoryCommand({ repositoryName }));
  });
  after(async () => {
    await plane?.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('refuses what is not signed, where the policy speaks of it', async () => {
    await isRefused('prod/app', await push('prod/app'), 'missing');
    assert.equal(await pull('other/app', (await push('other/app')).digest), 'pulled');
    assert.equal(await pull('prod/scratch/app', (await push('prod/scratch/app')).digest), 'pulled');
  });

  it('lets in what is signed under the tag, by a key of either kind', async () => {
    for (const key of [ec.privateKey, rsa.privateKey]) {
      const image = await push('prod/app');
      await pushImage(ecr, 'prod/app', signature(image, { key }), signatureTag(image));
      assert.equal(await pull('prod/app', image.digest), 'pulled');
    }
  });

  it('lets in what is signed by a referrer, in both forms', async () => {
    const image = await push('prod/app');
    await push('prod/app', signature(image, {}, image));
    assert.equal(await pull('prod/app', image.digest), 'pulled');
    const bundled = await push('prod/app');
    await push('prod/app', bundle(bundled, other.privateKey));
    await isRefused('prod/app', bundled, 'invalid');
    await push('prod/app', bundle(bundled));
    assert.equal(await pull('prod/app', bundled.digest), 'pulled');
  });

  it('refuses signatures by other keys, of other images, and broken ones', async () => {
    const good = await push('prod/app');
    for (const signing of [{ key: other.privateKey }, { digest: good.digest }]) {
      const image = await push('prod/app');
      await pushImage(ecr, 'prod/app', signature(image, signing), signatureTag(image));
      await isRefused('prod/app', image, 'invalid');
    }
    const image = await push('prod/app');
    const made = signature(image);
    const manifest = made.manifest.replace(/("dev\.cosignproject\.cosign\/signature":")[^"]{8}/, '$1AAAAAAAA');
    await pushImage(ecr, 'prod/app', { ...made, manifest, digest: sha256(manifest) }, signatureTag(image));
    await isRefused('prod/app', image, 'invalid');
  });

  it('asks for the annotations that the rule names', async () => {
    const image = await push('marked/app');
    await pushImage(ecr, 'marked/app', signature(image), signatureTag(image));
    await isRefused('marked/app', image, 'invalid');
    await push('marked/app', signature(image, { optional: { env: 'prod' } }, image));
    assert.equal(await pull('marked/app', image.digest), 'pulled');
  });

  it('takes what a signed index lists, and not the index for what it lists', async () => {
    const child = await push('prod/app');
    const index = makeIndex([child]);
    await pushImage(ecr, 'prod/app', index, 'multi');
    await isRefused('prod/app', index, 'missing');
    await isRefused('prod/app', child, 'missing');
    await pushImage(ecr, 'prod/app', signature(index), signatureTag(index));
    assert.equal(await pull('prod/app', 'multi'), 'pulled');
    assert.equal(await pull('prod/app', child.digest), 'pulled');
  });

  it('hands out signatures, and to cosign what it is to sign; nothing hides an image as a signature', async () => {
    const image = await push('prod/app');
    await pushImage(ecr, 'prod/app', signature(image), signatureTag(image));
    assert.equal(await pull('prod/app', signatureTag(image)), 'pulled');
    const unsigned = await push('prod/app');
    assert.equal(await pull('prod/app', unsigned.digest, 'cosign/v2.4.1 (linux; amd64)'), 'pulled');
    await pushImage(ecr, 'prod/app', unsigned, 'sha256-0000.sig');
    await isRefused('prod/app', unsigned, 'missing');
    // The API shows manifests to whoever may see them; nothing runs by it.
    const imageIds = [{ imageDigest: unsigned.digest }];
    const { images: shown } = await ecr.send(new BatchGetImageCommand({ repositoryName: 'prod/app', imageIds }));
    assert.equal(shown!.length, 1);
  });

  it('holds as its file says now, and a broken file changes nothing', async () => {
    const image = await push('late/app');
    assert.equal(await pull('late/app', image.digest), 'pulled');
    await writePolicy([...usual, { prefix: 'late/', keys: ['ec.pub'] }]);
    const deadline = Date.now() + 10_000;
    while ((await pull('late/app', image.digest)) === 'pulled') {
      assert.ok(Date.now() < deadline, 'the policy is not read again');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await writeFile(join(directory, 'policy.json'), '{');
    while (!said.includes('that of before holds')) {
      assert.ok(Date.now() < deadline, 'nothing is said about the broken file');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await isRefused('late/app', image, 'missing');
  });

  it('is refused when it does not say what it means', async () => {
    const wrong: readonly [object, RegExp][] = [
      [{ rules: [{ prefix: 'a', keys: ['nowhere.pub'] }] }, /ENOENT/],
      [{ rules: [{ prefix: 'a', keys: ['-----BEGIN nonsense'] }] }, /rules\[0\]\.keys\[0\] is no public key/],
      [{ rules: [{ prefix: 'a', key: [] }] }, /"key", which means nothing/],
      [{ rules: [{ keys: [] }] }, /prefix must be a text/],
      [{ rules: [{ prefix: '', registry: 'here', keys: [] }] }, /registry must be/],
      [{ rule: [] }, /a list "rules"/],
    ];
    const file = join(directory, 'wrong.json');
    for (const [document, expected] of wrong) {
      await writeFile(file, JSON.stringify(document));
      assert.throws(() => readSignaturePolicy(file), expected);
    }
    await assert.rejects(startTestControlPlane({ registry: { signaturePolicy: file } }), /--signature-policy/);
  });
});
