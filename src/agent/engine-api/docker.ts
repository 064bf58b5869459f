import { createDockerHttp, type DockerHttp, jsonLines } from './docker-http.ts';
import { readLogs } from './docker-logs.ts';
import {
  type DockerContainer,
  type DockerEvent,
  type DockerStats,
  timeMs,
  toEvent,
  toInspection,
  toSample,
} from './docker-shapes.ts';
import {
  type ContainerEngine,
  type ContainerState,
  EngineError,
  type EngineInfo,
  type EngineVersion,
  type ImageInspection,
  isEngineError,
  type RegistryAuth,
  type VolumeInspection,
} from './engine.ts';

/**
 * The engine interface on a Docker daemon, API 1.41 to 1.44, over plain `node:http` (docs/decisions says why no client
 * library). Holds no state but the connections and the negotiated version.
 */
export interface DockerEngineOptions {
  /** `unix:///var/run/docker.sock` or `tcp://host:port`. */
  readonly host: string;
  /** Directory with ca.pem, cert.pem and key.pem for TLS over tcp. */
  readonly certPath?: string;
}

/** Newest API version that this file was written for; a newer daemon is addressed with it. */
const newestApiVersion = '1.44';

const compareVersions = (a: string, b: string): number => {
  const [aMajor = 0, aMinor = 0] = a.split('.').map(Number);
  const [bMajor = 0, bMinor = 0] = b.split('.').map(Number);
  return aMajor - bMajor || aMinor - bMinor;
};

/** `name`, and the tag or digest that the pull call takes apart from it. */
export function splitImage(image: string): { name: string; reference: string } {
  const at = image.indexOf('@');
  if (at >= 0) return { name: image.slice(0, at).replace(/:[^:/]+$/, ''), reference: image.slice(at + 1) };
  const colon = image.lastIndexOf(':');
  if (colon > image.lastIndexOf('/')) return { name: image.slice(0, colon), reference: image.slice(colon + 1) };
  return { name: image, reference: 'latest' };
}

function pullError(message: string): EngineError {
  if (/denied|unauthorized|authentication required|no basic auth/i.test(message))
    return new EngineError('denied', message);
  if (/manifest unknown|not found|does not exist|no such image/i.test(message))
    return new EngineError('not-found', message);
  return new EngineError('failed', message);
}

const authHeader = (auth: RegistryAuth | undefined): Record<string, string> =>
  auth
    ? {
        'X-Registry-Auth': Buffer.from(
          JSON.stringify({ username: auth.username, password: auth.password, serveraddress: auth.serverAddress ?? '' }),
        )
          .toString('base64')
          .replaceAll('+', '-')
          .replaceAll('/', '_'),
      }
    : {};

async function pullImage(call: ApiCall, image: string, auth?: RegistryAuth, signal?: AbortSignal): Promise<void> {
  const { name, reference } = splitImage(image);
  const response = await call
    .stream('POST', '/images/create', {
      query: { fromImage: name, tag: reference },
      headers: authHeader(auth),
      ...(signal ? { signal } : {}),
    })
    .catch((error: unknown) => {
      throw isEngineError(error, 'failed') || isEngineError(error, 'not-found') ? pullError(error.message) : error;
    });
  for await (const line of jsonLines<{ error?: string; errorDetail?: { message: string } }>(response, signal)) {
    const message = line.errorDetail?.message ?? line.error;
    if (message) throw pullError(message);
  }
}

interface DockerInfo {
  NCPU: number;
  MemTotal: number;
  Architecture: string;
  OperatingSystem: string;
  CgroupDriver: string;
  CgroupVersion?: string;
  Plugins: { Log?: string[] | null; Volume?: string[] | null };
  SecurityOptions: string[] | null;
  DockerRootDir: string;
}

async function readInfo(call: ApiCall): Promise<EngineInfo> {
  type Network = { IPAM: { Config: { Gateway?: string; Subnet?: string }[] | null } };
  const [info, bridge] = await Promise.all([
    call.json<DockerInfo>('GET', '/info'),
    call.json<Network>('GET', '/networks/bridge').catch((error: unknown) => {
      if (isEngineError(error, 'not-found')) return undefined;
      throw error;
    }),
  ]);
  // Docker gives the bridge the subnet's first address; older daemons do not name it until asked to.
  const firstAddress = (subnet: string | undefined) => subnet?.match(/^(\d+\.\d+\.\d+)\.\d+\//)?.[1]?.concat('.1');
  const ipv4 = bridge?.IPAM.Config?.find((config) => config.Subnet?.includes('.'));
  const bridgeGateway = ipv4?.Gateway ?? firstAddress(ipv4?.Subnet);
  return {
    cpus: info.NCPU,
    memoryBytes: info.MemTotal,
    architecture: info.Architecture,
    operatingSystem: info.OperatingSystem,
    cgroupDriver: info.CgroupDriver === 'systemd' || info.CgroupDriver === 'cgroupfs' ? info.CgroupDriver : 'none',
    cgroupVersion: info.CgroupVersion === '2' ? 2 : 1,
    loggingDrivers: info.Plugins.Log ?? [],
    volumeDrivers: info.Plugins.Volume ?? [],
    securityOptions: info.SecurityOptions ?? [],
    ...(bridgeGateway ? { bridgeGateway } : {}),
    rootDirectory: info.DockerRootDir,
  };
}

interface DockerImage {
  Id: string;
  RepoTags: string[] | null;
  RepoDigests: string[] | null;
  Size: number;
  Created: string;
  Config?: { Labels?: Record<string, string> | null; Env?: string[] | null } | null;
}

const toImage = (image: DockerImage): ImageInspection => ({
  imageId: image.Id,
  tags: image.RepoTags ?? [],
  repoDigests: image.RepoDigests ?? [],
  sizeBytes: image.Size,
  createdAtMs: timeMs(image.Created) ?? 0,
  labels: image.Config?.Labels ?? {},
  environment: image.Config?.Env ?? [],
});

interface DockerVolume {
  Name: string;
  Driver: string;
  Mountpoint: string;
  Labels: Record<string, string> | null;
}

const toVolume = (volume: DockerVolume): VolumeInspection => ({
  name: volume.Name,
  driver: volume.Driver,
  mountPoint: volume.Mountpoint,
  labels: volume.Labels ?? {},
});

/** Calls with the negotiated version in the path. */
type ApiCall = Pick<DockerHttp, 'json' | 'stream'>;

interface DockerVersion {
  Version: string;
  ApiVersion: string;
  MinAPIVersion?: string;
}

function versioned(http: DockerHttp): ApiCall {
  let prefix: Promise<string> | undefined;
  const negotiate = () => {
    prefix ??= http.json<DockerVersion>('GET', '/version').then(
      (version) =>
        `/v${compareVersions(version.ApiVersion, newestApiVersion) > 0 ? newestApiVersion : version.ApiVersion}`,
      (error: unknown) => {
        prefix = undefined;
        throw error;
      },
    );
    return prefix;
  };
  return {
    json: async (method, path, call) => http.json(method, (await negotiate()) + path, call),
    stream: async (method, path, call) => http.stream(method, (await negotiate()) + path, call),
  };
}

const ignoring = (kind: EngineError['kind']) => (error: unknown) => {
  if (!isEngineError(error, kind)) throw error;
};

async function watchEvents(call: ApiCall, onEvent: Parameters<ContainerEngine['watchEvents']>[0]) {
  const abort = new AbortController();
  const filters = { type: ['container'], event: ['start', 'die', 'oom', 'health_status', 'destroy'] };
  const response = await call.stream('GET', '/events', {
    query: { filters: JSON.stringify(filters) },
    signal: abort.signal,
  });
  const read = async () => {
    try {
      for await (const document of jsonLines<DockerEvent>(response, abort.signal)) {
        const event = toEvent(document);
        if (event) onEvent(event);
      }
    } catch (error) {
      if (!abort.signal.aborted) throw error;
    }
    if (!abort.signal.aborted) throw new EngineError('unreachable', 'the event stream ended');
  };
  const ended = read();
  ended.catch(() => {});
  return { ended, close: () => abort.abort() };
}

export function createDockerEngine(options: DockerEngineOptions): ContainerEngine {
  const http = createDockerHttp({ url: options.host, ...(options.certPath ? { certPath: options.certPath } : {}) });
  const call = versioned(http);
  const container = (id: string) => `/containers/${encodeURIComponent(id)}`;
  const withSignal = (signal: AbortSignal | undefined) => (signal ? { signal } : {});
  const sampleOf = (document: DockerStats) => {
    const sample = toSample(document);
    if (!sample) throw new EngineError('conflict', 'the container is not running');
    return sample;
  };

  return {
    async ping(signal) {
      (await http.stream('GET', '/_ping', withSignal(signal))).resume();
    },
    async version(): Promise<EngineVersion> {
      const version = await http.json<DockerVersion>('GET', '/version');
      const minApiVersion = version.MinAPIVersion ?? version.ApiVersion;
      return { name: 'Docker', version: version.Version, apiVersion: version.ApiVersion, minApiVersion };
    },
    info: () => readInfo(call),
    pullImage: (image, { auth, signal } = {}) => pullImage(call, image, auth, signal),
    inspectImage: async (image) => toImage(await call.json<DockerImage>('GET', `/images/${image}/json`)),
    async tagImage(image, name) {
      const { name: repo, reference: tag } = splitImage(name);
      await call.json('POST', `/images/${image}/tag`, { query: { repo, tag } });
    },

    async createContainer(spec, signal) {
      const body = { ...spec.config, HostConfig: spec.hostConfig };
      const answer = await call.json<{ Id: string }>('POST', '/containers/create', {
        query: { name: spec.name },
        body,
        ...withSignal(signal),
      });
      return { containerId: answer.Id };
    },
    startContainer: (id, signal) => call.json<void>('POST', `${container(id)}/start`, withSignal(signal)),
    stopContainer: (id, { timeoutMs, signal }) =>
      call.json<void>('POST', `${container(id)}/stop`, {
        query: { t: Math.max(0, Math.ceil(timeoutMs / 1000)) },
        ...withSignal(signal),
      }),
    killContainer: (id, signalName = 'SIGKILL') =>
      call.json<void>('POST', `${container(id)}/kill`, { query: { signal: signalName } }),
    removeContainer: (id, { force = false } = {}) =>
      call.json<void>('DELETE', container(id), { query: { v: true, force } }).catch(ignoring('not-found')),
    inspectContainer: async (id) => toInspection(await call.json<DockerContainer>('GET', `${container(id)}/json`)),
    async listContainers({ labels = {}, all = true } = {}) {
      const filters = { label: Object.entries(labels).map(([name, value]) => (value ? `${name}=${value}` : name)) };
      type Item = { Id: string; Names: string[]; Image: string; Labels: Record<string, string> | null; State: string };
      const items = await call.json<Item[]>('GET', '/containers/json', {
        query: { all, filters: JSON.stringify(filters) },
      });
      return items.map((item) => ({
        containerId: item.Id,
        name: (item.Names[0] ?? '').replace(/^\//, ''),
        image: item.Image,
        labels: item.Labels ?? {},
        state: (item.State === 'removing' ? 'dead' : item.State) as ContainerState,
      }));
    },

    createVolume: async ({ name, driver = 'local', driverOpts = {}, labels = {} }) =>
      toVolume(
        await call.json<DockerVolume>('POST', '/volumes/create', {
          body: { Name: name, Driver: driver, DriverOpts: driverOpts, Labels: labels },
        }),
      ),
    inspectVolume: async (name) =>
      toVolume(await call.json<DockerVolume>('GET', `/volumes/${encodeURIComponent(name)}`)),
    removeVolume: (name) =>
      call.json<void>('DELETE', `/volumes/${encodeURIComponent(name)}`).catch(ignoring('not-found')),

    watchEvents: (onEvent) => watchEvents(call, onEvent),
    async *logs(id, { sinceNs, follow = true, signal } = {}) {
      const { Config: config } = await call.json<DockerContainer>('GET', `${container(id)}/json`, withSignal(signal));
      const since =
        sinceNs === undefined
          ? undefined
          : `${sinceNs / 1_000_000_000n}.${String(sinceNs % 1_000_000_000n).padStart(9, '0')}`;
      const response = await call.stream('GET', `${container(id)}/logs`, {
        query: { stdout: true, stderr: true, timestamps: true, follow, since },
        ...withSignal(signal),
      });
      yield* readLogs(response, config.Tty, signal);
    },
    statsOnce: async (id) =>
      sampleOf(
        await call.json<DockerStats>('GET', `${container(id)}/stats`, { query: { stream: false, 'one-shot': true } }),
      ),
    async *stats(id, signal) {
      const response = await call.stream('GET', `${container(id)}/stats`, {
        query: { stream: true },
        ...withSignal(signal),
      });
      try {
        for await (const document of jsonLines<DockerStats>(response, signal)) {
          const sample = toSample(document);
          if (!sample) return;
          yield sample;
        }
      } catch (error) {
        if (!signal?.aborted) throw error;
      } finally {
        response.destroy();
      }
    },
    close: () => http.close(),
  };
}
