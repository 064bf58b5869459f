/** One body for every engine; Trivy and Grype are programs here that print what theirs print, once the image is laid out as they want it. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { manifestType, sha256 } from '../../../test/support/images.ts';
import {
  advisoryOf,
  critical,
  debianFiles,
  imageOf,
  makeLayer,
  writeAdvisories,
} from '../../../test/support/scannable-images.ts';
import { importAdvisories } from '../advisory-database.ts';
import type { Blob, ScanEngine, ScanTarget } from '../report.ts';
import { createGrypeEngine, readGrypeReport } from './grype.ts';
import { createSlipwayEngine } from './slipway.ts';
import { createTrivyEngine, readTrivyReport } from './trivy.ts';

const folder = await mkdtemp(join(tmpdir(), 'slipway-test-'));
const blobs = new Map<string, Buffer>();
const server = createServer((request, response) => {
  const bytes = blobs.get(request.url!.slice(1));
  response.writeHead(bytes ? 200 : 404).end(bytes);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
after(async () => {
  server.close();
  server.closeAllConnections();
  await rm(folder, { recursive: true });
});

const diffId = `sha256:${'d'.repeat(64)}`;
const signal = new AbortController().signal;

function serve(bytes: Buffer, mediaType: string): Blob {
  const digest = sha256(bytes);
  blobs.set(digest, bytes);
  const { port } = server.address() as AddressInfo;
  return { digest, mediaType, sizeBytes: bytes.length, url: `http://127.0.0.1:${port}/${digest}` };
}

async function targetOf(files: Record<string, string>): Promise<ScanTarget> {
  const image = imageOf([await makeLayer(files)], [diffId]);
  const [config, layer] = image.blobs;
  return {
    name: 'app@sha256:…',
    manifest: serve(Buffer.from(image.manifest), manifestType),
    config: serve(config!, 'application/vnd.oci.image.config.v1+json'),
    layers: [serve(layer!, 'application/vnd.oci.image.layer.v1.tar+gzip')],
  };
}

const trivyReport = {
  SchemaVersion: 2,
  Metadata: { OS: { Family: 'debian', Name: '12.5' }, DiffIDs: [diffId] },
  Results: [
    {
      Class: 'os-pkgs',
      Type: 'debian',
      Packages: [{ Name: 'libc6' }],
      Vulnerabilities: [
        {
          VulnerabilityID: 'CVE-2024-0001',
          PkgName: 'libc6',
          PkgIdentifier: { PURL: 'pkg:deb/debian/libc6@2.36-9' },
          InstalledVersion: '2.36-9',
          FixedVersion: '2.36-10',
          Layer: { DiffID: diffId },
          SeveritySource: 'debian',
          PrimaryURL: 'https://avd.aquasec.com/nvd/cve-2024-0001',
          Title: 'glibc: something',
          Description: 'A longer text.',
          Severity: 'CRITICAL',
          CVSS: { nvd: { V3Vector: critical, V3Score: 9.8 } },
          References: ['https://example.com/1'],
          PublishedDate: '2024-01-02T03:04:05Z',
        },
      ],
    },
    { Class: 'lang-pkgs', Type: 'node-pkg' },
  ],
};

const grypeReport = {
  matches: [
    {
      vulnerability: {
        id: 'CVE-2024-0001',
        dataSource: 'https://security-tracker.debian.org/tracker/CVE-2024-0001',
        severity: 'Critical',
        urls: [],
        cvss: [],
        fix: { versions: ['2.36-10'], state: 'fixed' },
      },
      relatedVulnerabilities: [
        {
          id: 'CVE-2024-0001',
          description: 'A longer text.',
          urls: ['https://example.com/1'],
          cvss: [
            { version: '2.0', vector: 'AV:N', metrics: { baseScore: 7.5 } },
            { version: '3.1', vector: critical, metrics: { baseScore: 9.8 } },
          ],
        },
      ],
      artifact: {
        name: 'libc6',
        version: '2.36-9',
        type: 'deb',
        locations: [{ path: '/var/lib/dpkg/status', layerID: diffId }],
        purl: 'pkg:deb/debian/libc6@2.36-9',
        upstreams: [{ name: 'glibc' }],
      },
    },
  ],
  distro: { name: 'debian', version: '12' },
  descriptor: { name: 'grype', version: '0.90.0', db: { status: { built: '2026-01-01T00:00:00Z' } } },
};

/** Prints documents by its first word, and fails where the image is not laid out as it should be. */
async function fakeProgram(name: string, answers: Record<string, unknown>): Promise<string> {
  const directory = await mkdtemp(join(folder, `${name}-`));
  const cases: string[] = [];
  for (const [word, answer] of Object.entries(answers)) {
    const file = join(directory, `${cases.length}.json`);
    await writeFile(file, JSON.stringify(answer));
    cases.push(`${word}) cat '${file}' ;;`);
  }
  const program = join(directory, name);
  const script = `#!/bin/sh
layout=; for word in "$@"; do case "$word" in oci-dir:*) layout="\${word#oci-dir:}" ;; --input) take=1 ;; *) [ "$take" = 1 ] && layout="$word"; take= ;; esac; done
if [ -n "$layout" ]; then
  grep -q 1.0.0 "$layout/oci-layout" || exit 3
  digest=$(sed 's/.*"digest":"sha256:\\([0-9a-f]*\\)".*/\\1/' "$layout/index.json")
  [ "$(sha256sum < "$layout/blobs/sha256/$digest" | cut -d' ' -f1)" = "$digest" ] || exit 4
  [ "$(ls "$layout/blobs/sha256" | wc -l)" = 3 ] || exit 5
fi
[ -z "$AWS_SECRET_ACCESS_KEY" ] || exit 6
case "$1" in ${cases.join(' ')} *) echo "what is $1?" >&2; exit 9 ;; esac
`;
  await writeFile(program, script, { mode: 0o755 });
  return program;
}

let directories = 0;
const ownDirectory = async () => {
  const directory = join(folder, `work-${directories++}`);
  await mkdir(directory);
  return directory;
};

const engines: Record<string, (empty?: boolean) => Promise<ScanEngine>> = {
  async slipway() {
    const directory = await ownDirectory();
    const databasePath = join(directory, 'db');
    const advisory = advisoryOf('CVE-2024-0001', 'Debian:12', 'glibc', '2.36-10', critical);
    await writeAdvisories(join(directory, 'osv'), [advisory]);
    await importAdvisories({ directory: join(directory, 'osv'), path: databasePath, now: Date.UTC(2026, 0, 1) });
    return createSlipwayEngine({ databasePath, inventories: directory });
  },
  async trivy(empty = false) {
    const image = empty ? { SchemaVersion: 2, Metadata: {} } : trivyReport;
    const version = { Version: '0.60.0', VulnerabilityDB: { Version: 2, UpdatedAt: '2026-01-01T00:00:00Z' } };
    return createTrivyEngine({
      program: await fakeProgram('trivy', { image, version }),
      directory: await ownDirectory(),
    });
  },
  async grype(empty = false) {
    const report = empty ? { matches: [], distro: {} } : grypeReport;
    return createGrypeEngine({
      program: await fakeProgram('grype', { 'oci-dir:*': report }),
      directory: await ownDirectory(),
    });
  },
};

before(() => {
  process.env['AWS_SECRET_ACCESS_KEY'] = 'not for scanners';
});
after(() => {
  delete process.env['AWS_SECRET_ACCESS_KEY'];
});

for (const [name, create] of Object.entries(engines)) {
  describe(name, () => {
    test('an image with a vulnerability', async () => {
      const engine = await create();
      const target = await targetOf(debianFiles([{ name: 'libc6', version: '2.36-9', source: 'glibc' }]));
      const report = await engine.scan(target, signal);
      assert.equal(engine.name, name);
      assert.equal(report.sourceUpdatedAt, Date.UTC(2026, 0, 1));
      assert.equal(report.distribution?.id, 'debian');
      assert.deepEqual(report.gaps, []);
      const [found, ...rest] = report.vulnerabilities;
      assert.equal(rest.length, 0);
      assert.deepEqual(
        [found!.id, found!.severity, found!.score, found!.vector],
        ['CVE-2024-0001', 'CRITICAL', 9.8, critical],
      );
      assert.match(found!.description, /longer text/);
      assert.ok(found!.uri.startsWith('https://') && found!.references.length === 1);
      const [hit] = found!.packages;
      assert.deepEqual([hit!.name, hit!.version, hit!.fixedInVersion], ['libc6', '2.36-9', '2.36-10']);
      assert.equal(hit!.layerDigest, target.layers[0]!.digest);
      assert.match(hit!.purl, /^pkg:deb\/debian\/libc6@2.36-9/);
    });

    test('an image in which nothing can be judged is unsupported, not without findings', async () => {
      const target = await targetOf({ 'app/readme': 'nothing' });
      await assert.rejects((await create(true)).scan(target, signal), { name: 'ScanFailure', kind: 'UNSUPPORTED' });
    });

    test('a layer that the registry does not give', async () => {
      const target = await targetOf(debianFiles([{ name: 'gone', version: '1' }]));
      blobs.delete(target.layers[0]!.digest);
      await assert.rejects((await create()).scan(target, signal), { name: 'ScanFailure', message: /answers 404/ });
    });

    test('a registry that does not answer may do so later', async () => {
      const target = await targetOf(debianFiles([{ name: 'later', version: '1' }]));
      const away = { ...target, layers: [{ ...target.layers[0]!, url: 'http://127.0.0.1:1/' }] };
      await assert.rejects((await create()).scan(away, signal), { name: 'ScanFailure', kind: 'TRANSIENT' });
    });
  });
}

describe('the own engine', () => {
  test('layers are read once', async () => {
    const engine = await engines['slipway']!();
    const target = await targetOf(debianFiles([{ name: 'once', version: '1' }]));
    const first = await engine.scan(target, signal);
    blobs.delete(target.layers[0]!.digest);
    assert.deepEqual(await engine.scan(target, signal), first);
  });

  test('without a database it says so', async () => {
    const engine = createSlipwayEngine({ databasePath: join(folder, 'nope'), inventories: folder });
    const target = await targetOf(debianFiles([{ name: 'a', version: '1' }]));
    await assert.rejects(engine.scan(target, signal), { kind: 'FAILED', message: /scan-db update/ });
  });
});

describe('other scanners', () => {
  test('a program that fails says why', async () => {
    const program = await fakeProgram('trivy', {});
    const engine = createTrivyEngine({ program, directory: await ownDirectory() });
    const target = await targetOf(debianFiles([{ name: 'a', version: '1' }]));
    await assert.rejects(engine.scan(target, signal), { kind: 'TRANSIENT', message: /exit code 9: what is image\?/ });
  });

  test('reports of another form are refused', () => {
    const image = { diffIds: [], layers: [] };
    for (const report of [undefined, [], {}, { SchemaVersion: 1, Results: [] }]) {
      assert.throws(() => readTrivyReport(report, image), { name: 'ScanFailure' });
      assert.throws(() => readGrypeReport(report, image), { name: 'ScanFailure' });
    }
  });

  test("Grype's names for one CVE are one", () => {
    const match = (id: string, name: string) => ({
      vulnerability: { id, severity: 'Negligible', fix: { versions: [] } },
      relatedVulnerabilities: [{ id: 'CVE-2024-7', description: 'text' }],
      artifact: { name, version: '1.0.0', type: 'npm', purl: `pkg:npm/${name}@1.0.0` },
    });
    const report = { matches: [match('GHSA-x', 'left'), match('CVE-2024-7', 'right')] };
    const { vulnerabilities } = readGrypeReport(report, { diffIds: [], layers: [] });
    assert.deepEqual(
      vulnerabilities.map(({ id, severity, packages }) => [id, severity, packages.map((one) => one.ecosystem)]),
      [['CVE-2024-7', 'INFORMATIONAL', ['npm', 'npm']]],
    );
  });

  test('a scan that is called off ends its program', async () => {
    const directory = await ownDirectory();
    const program = join(directory, 'trivy');
    const pidFile = join(directory, 'pid');
    await writeFile(
      program,
      `#!/bin/sh\necho $$ > '${pidFile}.new'; mv '${pidFile}.new' '${pidFile}'; exec sleep 60\n`,
      { mode: 0o755 },
    );
    const stop = new AbortController();
    const work = await ownDirectory();
    const target = await targetOf(debianFiles([{ name: 'a', version: '1' }]));
    const scan = createTrivyEngine({ program, directory: work }).scan(target, stop.signal);
    const started = (async () => {
      while (!(await stat(pidFile).catch(() => undefined))) await new Promise((resolve) => setImmediate(resolve));
      stop.abort();
    })();
    await assert.rejects(scan, { name: 'ScanFailure' });
    await started;
  });
});
