/** `slipway scan-db` and `slipway registry sbom` as a user runs them, against a control plane in this process. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DescribeImageScanFindingsCommand,
  type ECRClient,
  ListImageReferrersCommand,
  PutRegistryScanningConfigurationCommand,
} from '@aws-sdk/client-ecr';
import { startTestControlPlane, type TestControlPlane, testRegion } from '../../support/control-plane.ts';
import { makeIndex, pushImage } from '../../support/images.ts';
import { advisoryOf, critical, debianImage, writeAdvisories } from '../../support/scannable-images.ts';
import { launcher, until } from '../../support/slipway-process.ts';
import { makeZip } from '../../support/zip.ts';

let plane: TestControlPlane;
let ecr: ECRClient;
let folder: string;

/** Asynchronous, because the control plane that answers lives here. */
function slipway(...argv: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(launcher, [...argv, '--data', plane.dataDir], { encoding: 'utf8' }, (_, stdout, stderr) =>
      resolve({ status: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}
async function good(...argv: string[]): Promise<string> {
  const { status, stdout, stderr } = await slipway(...argv);
  assert.equal(status, 0, stderr);
  return stdout;
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-test-'));
  plane = await startTestControlPlane({ scanning: { path: '' } });
  ecr = plane.ecr();
  const { accessKeyId, secretAccessKey, account } = plane.administrator;
  const credentials = { accessKeyId, secretAccessKey, account, region: testRegion, endpoint: plane.endpoint };
  await writeFile(join(plane.dataDir, 'credentials.json'), JSON.stringify(credentials));
});
after(async () => {
  await plane.close();
  await rm(folder, { recursive: true });
});

const libc = { name: 'libc6', version: '2.36-9', source: 'glibc' };

describe('slipway scan-db', () => {
  test('from a directory; a control plane that runs scans again', async () => {
    assert.match(await good('scan-db', 'status'), /There is no vulnerability database/);
    await ecr.send(
      new PutRegistryScanningConfigurationCommand({
        scanType: 'ENHANCED',
        rules: [
          { scanFrequency: 'CONTINUOUS_SCAN', repositoryFilters: [{ filter: 'scanned', filterType: 'WILDCARD' }] },
        ],
      }),
    );
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'scanned' }));
    await pushImage(ecr, 'scanned', await debianImage([libc]), 'v1');
    const counts = async () => {
      const input = { repositoryName: 'scanned', imageId: { imageTag: 'v1' } };
      const { imageScanFindings } = await ecr.send(new DescribeImageScanFindingsCommand(input));
      return JSON.stringify(imageScanFindings?.findingSeverityCounts);
    };
    const osv = join(folder, 'osv');
    await writeAdvisories(osv, [advisoryOf('CVE-2024-0001', 'Debian:12', 'glibc', '2.36-10', critical)]);
    assert.match(await good('scan-db', 'update', '--from', osv), /1 advisories about 1 packages/);
    await until('a first scan', 30_000, async () => (await counts()) === '{"CRITICAL":1}');
    await writeAdvisories(osv, [advisoryOf('CVE-2024-0002', 'Debian:12', 'glibc', undefined)]);
    await good('scan-db', 'update', '--from', osv);
    await until('a second scan', 30_000, async () => (await counts()) === '{"CRITICAL":1,"UNTRIAGED":1}');
    const status = JSON.parse(await good('scan-db', 'status', '--json'));
    assert.deepEqual([status.exists, status.advisoryCount], [true, 2]);
    assert.deepEqual(status.ecosystems, [{ name: 'Debian', packageCount: 1 }]);
  });

  test('a directory that cannot be used leaves the database', async () => {
    const before = await good('scan-db', 'status');
    const gone = await slipway('scan-db', 'update', '--from', join(folder, 'gone'));
    assert.deepEqual([gone.status, gone.stdout], [1, '']);
    assert.match(gone.stderr, /there is no directory .*The database is as it was/);
    const both = await slipway('scan-db', 'update', '--from', folder, '--ecosystem', 'npm');
    assert.match(both.stderr, /--from takes what is in a directory/);
    assert.equal(await good('scan-db', 'status'), before);
  });

  test('downloaded, and refreshed without naming anything again', async () => {
    const archives = new Map<string, Buffer>();
    const put = (ecosystem: string, id: string, name: string) =>
      archives.set(
        `/${ecosystem}/all.zip`,
        makeZip({ [`${id}.json`]: JSON.stringify(advisoryOf(id, ecosystem, name, '2.0.0')) }, true),
      );
    const server = createServer((request, response) => {
      const archive = archives.get(decodeURIComponent(request.url!));
      response.writeHead(archive ? 200 : 404).end(archive);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const source = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      put('npm', 'GHSA-1', 'left');
      put('Rocky Linux', 'RLSA-1', 'bash');
      const first = await good(
        'scan-db',
        'update',
        '--source',
        source,
        '--ecosystem',
        'npm',
        '--ecosystem',
        'Rocky Linux',
      );
      assert.match(first, /npm: downloaded\nRocky Linux: downloaded\n2 advisories/);
      put('npm', 'GHSA-2', 'right');
      assert.match(await good('scan-db', 'update', '--source', source), /2 advisories/);
      const { ecosystems } = JSON.parse(await good('scan-db', 'status', '--json'));
      assert.deepEqual(ecosystems, [
        { name: 'Rocky Linux', packageCount: 1 },
        { name: 'npm', packageCount: 1 },
      ]);
      const none = await slipway('scan-db', 'update', '--source', source, '--ecosystem', 'Nothing');
      assert.equal(none.status, 1);
      assert.match(none.stderr, /there is no export of "Nothing".*The database is as it was/);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});

describe('slipway registry sbom', () => {
  test('both forms, of an image named in every way', async () => {
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }));
    const image = await debianImage([libc]);
    await pushImage(ecr, 'team/app', image, 'v1');
    const spdx = JSON.parse(await good('registry', 'sbom', 'team/app:v1'));
    assert.equal(spdx.spdxVersion, 'SPDX-2.3');
    assert.deepEqual(
      spdx.packages.map((one: { name: string }) => one.name),
      [`${plane.account}/team/app`, 'libc6'],
    );
    const scope = `${plane.account}.${testRegion}`;
    for (const name of [
      `${scope}/team/app:v1`,
      `localhost:4566/${scope}/team/app@${image.digest}`,
      `${plane.account}.dkr.ecr.${testRegion}.amazonaws.com/team/app:v1`,
    ]) {
      assert.deepEqual(JSON.parse(await good('registry', 'sbom', name)), spdx);
    }
    const file = join(folder, 'bom.json');
    await good('registry', 'sbom', 'team/app:v1', '--format', 'cyclonedx', '-o', file);
    const bom = JSON.parse(await readFile(file, 'utf8'));
    assert.equal(bom.bomFormat, 'CycloneDX');
    assert.equal(bom.metadata.component.version, image.digest);
  });

  test('attached, it refers to the image, and once only', async () => {
    const image = await debianImage([libc]);
    assert.match(await good('registry', 'sbom', 'team/app:v1', '--attach'), /Attached to sha256:/);
    assert.match(await good('registry', 'sbom', 'team/app:v1', '--attach'), /attached already/);
    const repositoryName = 'team/app';
    const list = new ListImageReferrersCommand({ repositoryName, subjectId: { imageDigest: image.digest } });
    const { referrers } = await ecr.send(list);
    assert.deepEqual(
      referrers!.map((one) => one.artifactType),
      ['application/spdx+json'],
    );
    const imageIds = [{ imageDigest: referrers![0]!.digest! }];
    const { images } = await ecr.send(new BatchGetImageCommand({ repositoryName, imageIds }));
    assert.equal(JSON.parse(images![0]!.imageManifest!).subject.digest, image.digest);
  });

  test('of an index one image, and of what is none an error in words', async () => {
    const image = await debianImage([libc]);
    const platform = { os: 'linux', architecture: 'amd64' };
    const manifests = [
      {
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        digest: image.digest,
        size: image.manifest.length,
        platform,
      },
    ];
    await pushImage(ecr, 'team/app', makeIndex([], { manifests }), 'both');
    assert.equal(
      JSON.parse(await good('registry', 'sbom', 'team/app:both', '--platform', 'linux/amd64')).packages.length,
      2,
    );
    const other = await slipway('registry', 'sbom', 'team/app:both', '--platform', 'linux/s390x');
    assert.match(other.stderr, /nothing for linux\/s390x; choose with --platform: linux\/amd64/);
    for (const [name, words] of [
      ['team/app:nope', /does not exist|Requested image not found/],
      ['No Name', /is not the name of an image/],
      ['public.ecr.aws/alias/app:v1', /not an image of a private registry/],
    ] as const) {
      const { status, stderr } = await slipway('registry', 'sbom', name);
      assert.equal(status, 1);
      assert.match(stderr, words);
    }
  });
});
