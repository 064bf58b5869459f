/**
 * The registry beside Debian's `docker-registry`, on this machine, by the same client: what it serves and takes, and what CPU the
 * server spends on it. Slipway is signed in, docker-registry asks for nothing. Every figure is measured on one server and then
 * on the other; the client shares the cores with them.
 *
 *   node bench/registry.ts [--seconds 4] [--mib 1024] [--only slipway|docker-registry] [--names 10000]
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readCredentials } from '#control-plane/up/data-directory.ts';
import { digestOf } from '#images/digest.ts';
import { printTable } from './figures.ts';
import { fetchAndForget, measureLoad } from './http-load.ts';
import { freePort, removeData, startSlipway, temporaryData } from './slipway-process.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    mib: { type: 'string', default: '1024' },
    names: { type: 'string', default: '10000' },
    only: { type: 'string' },
    /** Parts whose names hold this. */
    part: { type: 'string', default: '' },
  },
});
const seconds = Number(values.seconds);
const largeBytes = Number(values.mib) * 2 ** 20;
const nameCount = Number(values.names);

interface Server {
  readonly name: string;
  readonly port: number;
  readonly authorization: string | undefined;
  readonly pids: () => readonly number[];
  /** Makes many tags and many repositories out of one image without pushing each. */
  readonly multiply: (() => Promise<void>) | undefined;
  stop(): Promise<void>;
}

const ticksPerSecond = 100;
const cpuSeconds = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  }, 0);
const residentMiB = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
const childrenOf = (pid: number): number[] =>
  execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' })
    .split('\n')
    .filter(Boolean)
    .map(Number);

async function startOurs(): Promise<Server> {
  const data = await temporaryData();
  const slipway = await startSlipway(data, ['--no-agent', '--registry-create-on-push', '--log-level', 'warn']);
  const { accessKeyId, secretAccessKey } = readCredentials(data)!;
  const pid = slipway.process.pid!;
  return {
    name: 'slipway',
    port: Number(new URL(slipway.endpoint).port),
    authorization: `Basic ${Buffer.from(`${accessKeyId}:${secretAccessKey}`).toString('base64')}`,
    pids: () => [
      pid,
      ...childrenOf(pid).filter((child) => readFileSync(`/proc/${child}/cmdline`).includes('registry')),
    ],
    multiply: undefined,
    async stop() {
      await slipway.stop();
      await removeData(data);
    },
  };
}

async function startDebian(): Promise<Server> {
  const data = await temporaryData();
  const port = await freePort();
  const config = join(data, 'config.yml');
  writeFileSync(
    config,
    `version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: ${data}/data}, delete: {enabled: true}}\nhttp: {addr: "127.0.0.1:${port}"}\n`,
  );
  const child: ChildProcess = spawn('docker-registry', ['serve', config], { stdio: 'ignore' });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const server = { name: 'docker-registry', port, authorization: undefined, pids: () => [child.pid!] };
  for (let tries = 0; ; tries++) {
    if (
      await fetch(`http://127.0.0.1:${port}/v2/`).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      break;
    if (tries > 200) throw new Error('docker-registry does not start');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const repositories = join(data, 'data/docker/registry/v2/repositories');
  return {
    ...server,
    async multiply() {
      const tags = join(repositories, 'bench/tags/_manifests/tags');
      for (let i = 1; i < nameCount; i++) cpSync(join(tags, 'tag-0'), join(tags, `tag-${i}`), { recursive: true });
      for (let i = 0; i < nameCount; i++) {
        mkdirSync(join(repositories, `bench/many-${i}/_manifests/revisions`), { recursive: true });
        mkdirSync(join(repositories, `bench/many-${i}/_layers`), { recursive: true });
        mkdirSync(join(repositories, `bench/many-${i}/_uploads`), { recursive: true });
      }
    },
    async stop() {
      child.kill('SIGTERM');
      await exited;
      await removeData(data);
    },
  };
}

interface Answer {
  readonly status: number;
  readonly location: string;
}

function createSender(server: Server, maxSockets: number) {
  const agent = new http.Agent({ keepAlive: true, maxSockets });
  return (method: string, path: string, body?: Buffer, headers: Record<string, string> = {}) =>
    new Promise<Answer>((resolve, reject) => {
      const request = http.request(
        {
          agent,
          port: server.port,
          host: '127.0.0.1',
          method,
          path,
          headers: {
            ...(server.authorization && { authorization: server.authorization }),
            'content-length': body?.length ?? 0,
            ...headers,
          },
        },
        (response) => {
          response.resume();
          response.on('end', () => {
            const status = response.statusCode ?? 0;
            const location = response.headers.location ?? '';
            if (status >= 300) reject(new Error(`${method} ${path}: ${status}`));
            else resolve({ status, location: location.replace(/^http:\/\/[^/]+/, '') });
          });
        },
      );
      request.on('error', reject);
      request.end(body);
    });
}
type Sender = ReturnType<typeof createSender>;

const withDigest = (location: string, digest: string) =>
  `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`;

async function pushBlob(send: Sender, name: string, bytes: Buffer): Promise<string> {
  const digest = digestOf(bytes);
  const { location } = await send('POST', `/v2/${name}/blobs/uploads/`);
  await send('PUT', withDigest(location, digest), bytes, { 'content-type': 'application/octet-stream' });
  return digest;
}

const manifestType = 'application/vnd.oci.image.manifest.v1+json';

/** An image of a config and a layer of 4 KiB. */
async function pushSmallImage(send: Sender, name: string, tag: string): Promise<void> {
  const layer = randomBytes(4096);
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', id: Math.random() }));
  const [layerDigest, configDigest] = [await pushBlob(send, name, layer), await pushBlob(send, name, config)];
  const manifest = {
    schemaVersion: 2,
    mediaType: manifestType,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: configDigest, size: config.length },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: layerDigest, size: layer.length }],
  };
  const body = Buffer.from(JSON.stringify(manifest));
  await send('PUT', `/v2/${name}/manifests/${tag}`, body, { 'content-type': manifestType });
}

interface Figure {
  readonly what: string;
  readonly unit: string;
  readonly value: number;
  /** Seconds of CPU of the server per unit of work, in words. */
  readonly cpu: string;
}

type Report = (
  what: string,
  unit: string,
  measure: () => Promise<{ value: number; work?: number; per?: string }>,
) => Promise<void>;

const requestOf = (server: Server, method: string, path: string, headers = ''): Buffer =>
  Buffer.from(
    `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nUser-Agent: bench\r\nAccept: ${manifestType}\r\n${
      server.authorization ? `Authorization: ${server.authorization}\r\n` : ''
    }${headers}\r\n`,
  );

async function benchRequests(server: Server, report: Report): Promise<void> {
  const send = createSender(server, 1);
  const names = Array.from({ length: 50 }, (_, i) => `tag-${i}`);
  for (const tag of names) await pushSmallImage(send, 'bench/app', tag);
  const blob = await pushBlob(send, 'bench/app', randomBytes(1000));
  const rate =
    (method: string, paths: readonly string[], headers = '', status = 200) =>
    async () => {
      const requests = paths.map((path) => requestOf(server, method, path, headers));
      let turn = 0;
      const next = () => requests[turn++ % requests.length]!;
      const load = { port: server.port, connections: 64, next, status, head: method === 'HEAD' };
      await measureLoad({ ...load, seconds: 1 });
      const { perSecond } = await measureLoad({ ...load, seconds });
      return { value: perSecond, work: (perSecond * seconds) / 1000, per: '1000 requests' };
    };
  const manifests = names.map((tag) => `/v2/bench/app/manifests/${tag}`);
  await report('manifest GET, 64 connections', '/s', rate('GET', manifests));
  await report('manifest HEAD', '/s', rate('HEAD', manifests));
  await report('blob HEAD', '/s', rate('HEAD', [`/v2/bench/app/blobs/${blob}`]));
}

async function benchLarge(server: Server, report: Report): Promise<void> {
  const send = createSender(server, 1);
  const bytes = randomBytes(largeBytes / 2);
  const part = Buffer.concat([bytes, bytes]);
  const digest = digestOf(part);
  const gib = largeBytes / 2 ** 30;
  const perSecond = async (work: () => Promise<unknown>) => {
    const start = performance.now();
    await work();
    return { value: largeBytes / 1e6 / ((performance.now() - start) / 1000), work: gib, per: 'GiB' };
  };
  await report('blob push, one PUT', 'MB/s', () =>
    perSecond(async () => {
      const { location } = await send('POST', '/v2/bench/large/blobs/uploads/');
      await send('PUT', withDigest(location, digest), part);
    }),
  );
  const chunked = Buffer.from(part);
  chunked.writeUInt32LE(1, 100);
  const chunkedDigest = digestOf(chunked);
  await report('blob push, chunks of 16 MiB', 'MB/s', () =>
    perSecond(async () => {
      let { location } = await send('POST', '/v2/bench/large/blobs/uploads/');
      const size = 16 * 2 ** 20;
      for (let at = 0; at < chunked.length; at += size) {
        const end = Math.min(at + size, chunked.length);
        const range = { 'content-range': `${at}-${end - 1}`, 'content-type': 'application/octet-stream' };
        ({ location } = await send('PATCH', location, chunked.subarray(at, end), range));
      }
      await send('PUT', withDigest(location, chunkedDigest));
    }),
  );
  const path = `/v2/bench/large/blobs/${digest}`;
  await report('blob pull, 8 clients', 'MB/s', async () => {
    const clients = 8;
    const start = performance.now();
    await Promise.all(
      Array.from({ length: clients }, () => fetchAndForget(server.port, requestOf(server, 'GET', path))),
    );
    return {
      value: (clients * largeBytes) / 1e6 / ((performance.now() - start) / 1000),
      work: clients * gib,
      per: 'GiB',
    };
  });
  await report('ranges of 64 KiB', '/s', async () => {
    const count = Math.floor(largeBytes / 65_536);
    const next = () => {
      const at = Math.floor(Math.random() * count) * 65_536;
      return requestOf(server, 'GET', path, `Range: bytes=${at}-${at + 65_535}\r\n`);
    };
    const { perSecond: rate } = await measureLoad({ port: server.port, connections: 64, seconds, next, status: 206 });
    return { value: rate, work: (rate * seconds) / 1000, per: '1000 requests' };
  });
}

async function benchSmallPushes(server: Server, report: Report): Promise<void> {
  const warm = createSender(server, 1);
  for (let i = 0; i < 10; i++) await pushSmallImage(warm, 'bench/pushed', `warm-${i}`);
  await report('small pushes, 16 clients', '/s', async () => {
    let count = 0;
    const start = performance.now();
    await Promise.all(
      Array.from({ length: 16 }, async (_, client) => {
        const send = createSender(server, 1);
        while (performance.now() - start < seconds * 1000) {
          await pushSmallImage(send, 'bench/pushed', `tag-${client}-${count}`);
          count += 1;
        }
      }),
    );
    return { value: count / ((performance.now() - start) / 1000), work: count / 1000, per: '1000 pushes' };
  });
}

async function benchLists(server: Server, report: Report): Promise<void> {
  const send = createSender(server, 16);
  await pushSmallImage(send, 'bench/tags', 'tag-0');
  if (server.multiply) await server.multiply();
  else {
    const body = Buffer.from(
      await (
        await fetch(`http://127.0.0.1:${server.port}/v2/bench/tags/manifests/tag-0`, {
          headers: { authorization: server.authorization! },
        })
      ).arrayBuffer(),
    );
    let next = 0;
    const type = { 'content-type': manifestType };
    const worker = async () => {
      while (next < nameCount) {
        const i = next++;
        await send('PUT', `/v2/bench/tags/manifests/tag-${i}`, body, type);
        await send('POST', `/v2/bench/many-${i}/blobs/uploads/`);
      }
    };
    await Promise.all(Array.from({ length: 16 }, worker));
  }
  const time = (path: string) => async () => {
    const request = requestOf(server, 'GET', path);
    const { p50Ms } = await measureLoad({ port: server.port, connections: 1, seconds: 1, next: () => request });
    return { value: p50Ms };
  };
  await report(`100 tags of ${nameCount}`, 'ms', time('/v2/bench/tags/tags/list?n=100'));
  await report(`100 of ${nameCount} repositories`, 'ms', time('/v2/_catalog?n=100'));
}

/** Without this whoever comes second pays for the pages that the first one has left; needs root. */
function dropCaches(): void {
  try {
    execFileSync('sync');
    writeFileSync('/proc/sys/vm/drop_caches', '3');
  } catch {
    // Then the figures of large blobs depend on what ran before.
  }
}

const parts = { requests: benchRequests, pushes: benchSmallPushes, large: benchLarge, lists: benchLists };

async function measureServer(start: () => Promise<Server>): Promise<readonly Figure[]> {
  const server = await start();
  const figures: Figure[] = [];
  const report: Report = async (what, unit, measure) => {
    dropCaches();
    const before = cpuSeconds(server.pids());
    const { value, work, per } = await measure();
    const spent = cpuSeconds(server.pids()) - before;
    figures.push({ what, unit, value, cpu: work === undefined ? '' : `${(spent / work).toFixed(2)} s/${per}` });
  };
  try {
    for (const [name, part] of Object.entries(parts)) if (name.includes(values.part)) await part(server, report);
    const resident = Math.max(...server.pids().slice(-1).map(residentMiB));
    figures.push({ what: 'resident memory at the end', unit: 'MiB', value: resident, cpu: '' });
  } finally {
    await server.stop();
  }
  return figures;
}

const ours = values.only === 'docker-registry' ? [] : await measureServer(startOurs);
const theirs = values.only === 'slipway' ? [] : await measureServer(startDebian);
const show = (value: number) => (value >= 100 ? value.toFixed(0) : value.toFixed(2));
console.log(`${availableParallelism()} cores, ${values.mib} MiB blobs, ${seconds} s each`);
printTable([
  ['what', 'unit', 'slipway', 'CPU', 'docker-registry', 'CPU', 'ratio'],
  ...(ours.length > 0 ? ours : theirs).map(({ what, unit }) => {
    const a = ours.find((one) => one.what === what);
    const b = theirs.find((one) => one.what === what);
    const ratio = a && b ? (unit === 'ms' || unit === 'MiB' ? b.value / a.value : a.value / b.value).toFixed(1) : '';
    return [what, unit, a ? show(a.value) : '', a?.cpu ?? '', b ? show(b.value) : '', b?.cpu ?? '', ratio];
  }),
]);
