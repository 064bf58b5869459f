/**
 * `slipway up`: one process that a person starts and stops. It holds the data directory, runs the control plane, keeps
 * this machine's agent running beside it, and at the first start makes the sample service.
 *
 * - Containers belong to Docker and to the agent's state, not to this process: stopping it stops none of them.
 * - Everything but the control plane itself happens through the public APIs.
 * - It ends when it is told to (Ctrl-C, SIGTERM, SIGHUP), or with an error when the store has failed.
 */
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ECSClient } from '@aws-sdk/client-ecs';
import { isEngineError } from '#agent/engine-api/engine.ts';
import { ensureLocalInstance } from '#auth/instances.ts';
import { type Clock, systemClock } from '#lib/clock.ts';
import { createLogger, type Logger, type LogLevel, silentLogger } from '#lib/logger.ts';
import { systemRandom } from '#lib/random.ts';
import { ConfigError, type UpConfig } from '../config.ts';
import type { ControlPlane } from '../start.ts';
import { ListenError } from '../tls/tls.ts';
import { type AgentProcess, startAgentProcess } from './agent-process.ts';
import { ensureCluster, waitForInstance } from './container-instance.ts';
import {
  agentDirectory,
  credentialsFile,
  dropRunRecord,
  lockDataDirectory,
  logDirectory,
  prepareDataDirectory,
  readRunRecord,
  saveCredentials,
  writeRunRecord,
} from './data-directory.ts';
import { connectDocker, type Docker, isForbidden } from './docker.ts';
import { logTail, openLogFile } from './log-file.ts';
import type { Progress } from './progress.ts';
import { ensureSample, type SampleDeps, waitForSample } from './sample-service.ts';
import { sayReady } from './say-ready.ts';
import { tryStorage } from './try-storage.ts';

const clusterName = 'default';
const random = systemRandom;

export interface UpDeps {
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly logLevel: LogLevel;
  readonly clock?: Clock;
}

/** What has been started so far, in order; ended in the opposite one. */
type Ending = { readonly label: string; readonly end: () => Promise<void> | void };

interface Running extends UpDeps {
  readonly config: UpConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly endings: Ending[];
}

async function checkDocker(docker: Docker): Promise<string> {
  try {
    const version = await docker.json<{ Version: string; ApiVersion: string }>('GET', '/version');
    return `Docker ${version.Version} (API ${version.ApiVersion}) at ${docker.host}`;
  } catch (error) {
    if (!isEngineError(error)) throw error;
    const advice = isForbidden(error)
      ? 'You may not use it: sudo usermod -aG docker "$USER", then log in again.'
      : 'Start Docker Engine first (`npm start` does so where it can), or use --no-agent.';
    throw new ConfigError(`${error.message}\n${advice}`, { cause: error });
  }
}

function explainStart(error: unknown, config: UpConfig): unknown {
  const { code } = error as NodeJS.ErrnoException;
  const [port, option] =
    error instanceof ListenError && config.tls ? [config.tls.port, '--tls-port'] : [config.port, '--port'];
  const at = `${config.host}:${port}`;
  if (code === 'EADDRINUSE') {
    return new ConfigError(`${at} is in use by another program. Stop it, or choose another port with ${option}.`, {
      cause: error,
    });
  }
  if (code === 'EACCES' && port < 1024) {
    return new ConfigError(`ports below 1024 need root, and ${port} is one. Choose another with ${option}.`, {
      cause: error,
    });
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new ConfigError(`this machine has no address ${config.host} (--host).`, { cause: error });
  }
  return error;
}

/** Takes the data directory and starts the control plane on it. */
async function startOn(run: Running): Promise<ControlPlane> {
  const { config, clock, logger, endings } = run;
  const { startControlPlane } = await import('../start.ts');
  const { parseQuotas } = await import('../quotas.ts');
  const quotas = parseQuotas(config.quotas);
  const { host, port, dataDir, auth, historyRetention, schedulers, tls, registryDomain, signaturePolicy } = config;
  const controlPlane = await startControlPlane({
    host,
    port,
    dataDir,
    auth,
    historyRetention,
    schedulers,
    quotas,
    registry: {
      region: config.region,
      createOnPush: config.registryCreateOnPush,
      storage: config.registryStorage,
      garbage: config.registryGarbage,
      ...(config.registryOutbound && { outbound: config.registryOutbound }),
      ...(config.replicationTargets && { replicationTargets: config.replicationTargets }),
      eager: true,
      ...(signaturePolicy !== undefined && { signaturePolicy }),
    },
    tls: { ...(tls && { own: tls }), ...(registryDomain !== undefined && { registryDomain }) },
    scanning: { scanner: config.scanner },
    clock,
    random,
    logger,
  }).catch((error) => {
    throw explainStart(error, config);
  });
  endings.push({ label: 'control plane', end: () => controlPlane.close() });
  const { endpoint } = controlPlane;
  writeRunRecord(dataDir, { pid: process.pid, endpoint, startedAt: clock.now() });
  endings.push({ label: 'run record', end: () => dropRunRecord(dataDir) });
  return controlPlane;
}

async function connect(controlPlane: ControlPlane, region: string) {
  const [{ ECSClient }, { ECRClient }] = await Promise.all([
    import('@aws-sdk/client-ecs'),
    import('@aws-sdk/client-ecr'),
  ]);
  const { accessKeyId, secretAccessKey } = controlPlane.administrator;
  const credentials = { accessKeyId, secretAccessKey };
  const options = { endpoint: controlPlane.endpoint, region, credentials, maxAttempts: 3 };
  return { ecs: new ECSClient(options), ecr: new ECRClient(options) };
}

async function startAgent(run: Running, controlPlane: ControlPlane, ecs: ECSClient): Promise<AgentProcess> {
  const { config, clock, logger, endings, progress, signal } = run;
  const { store, vault, administrator } = controlPlane;
  const scope = { account: administrator.account, region: config.region };
  const { instance, secretAccessKey } = await ensureLocalInstance(store, { vault, clock, random }, scope);
  const logFile = path.join(logDirectory(config.dataDir), 'agent.log');
  const agent = startAgentProcess({
    cluster: clusterName,
    endpoint: controlPlane.endpoint,
    dataDir: agentDirectory(config.dataDir),
    logFile,
    containerEndpoint: config.containerEndpoint,
    environment: {
      SLIPWAY_INSTANCE_ID: instance.instanceId,
      AWS_ACCESS_KEY_ID: instance.accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_REGION: config.region,
      AWS_DEFAULT_REGION: config.region,
    },
    clock,
    random,
    logger,
  });
  endings.push({ label: 'agent', end: () => agent.stop() });
  await progress.step(
    'This machine joins the cluster',
    async (step) => {
      const instance = await waitForInstance({ ecs, cluster: clusterName, agent, clock, signal, step });
      if (typeof instance === 'string')
        throw new ConfigError(`${instance}. The end of its log, ${logFile}:\n${logTail(logFile, 8)}`);
      return instance.containerInstanceArn?.split('/').at(-1) ?? '';
    },
    (id) => `container instance ${id}`,
  );
  return agent;
}

/** Answers the URLs at which the sample answers. */
async function startSample(run: Running, deps: SampleDeps): Promise<readonly string[]> {
  const { config, progress } = run;
  const marker = path.join(config.dataDir, 'sample-made');
  const outcome = await progress.step(
    'Sample service hello',
    () => ensureSample(deps, existsSync(marker)),
    (done) => done ?? 'you have deleted it, so it stays away',
  );
  if (outcome === undefined) return [];
  writeFileSync(marker, '');
  const host = deps.docker.host.startsWith('unix:') ? '127.0.0.1' : new URL(deps.docker.host).hostname;
  const { state, lastEvent } = await progress.step(
    'Tasks of hello',
    (step) => waitForSample(deps, host, step),
    (wait) =>
      wait.state ? `${wait.state.urls.length} running and answering` : 'not all running yet; Slipway keeps trying',
  );
  if (!state && lastEvent) progress.line(`  ${lastEvent}`);
  return state?.urls ?? [];
}

async function bringUp(run: Running): Promise<ControlPlane> {
  const { config, progress, clock, signal } = run;
  const docker = connectDocker();
  if (config.agent)
    await progress.step(
      'Docker Engine',
      () => checkDocker(docker),
      (found) => found,
    );
  const { registryStorage, dataDir } = config;
  if (registryStorage.kind === 's3') {
    const deps = { dataDir, clock, random, logger: run.logger };
    await progress.step(
      'Image storage',
      () => tryStorage(registryStorage, deps),
      (outcome) => outcome,
    );
  }
  const controlPlane = await progress.step(
    'Control plane',
    () => startOn(run),
    ({ endpoint, tlsPort }) =>
      `${endpoint}${tlsPort === undefined ? '' : `, TLS at port ${tlsPort}`}, state in ${config.dataDir}`,
  );
  const { administrator, endpoint } = controlPlane;
  const fresh = saveCredentials(config.dataDir, {
    accessKeyId: administrator.accessKeyId,
    secretAccessKey: administrator.secretAccessKey,
    account: administrator.account,
    region: config.region,
    endpoint,
  });
  const { ecs, ecr } = await connect(controlPlane, config.region);
  let urls: readonly string[] = [];
  try {
    await progress.step(
      `Cluster ${clusterName}`,
      () => ensureCluster(ecs, clusterName),
      (made) => (made ? 'created' : 'there already'),
    );
    if (config.agent) await startAgent(run, controlPlane, ecs);
    const { region } = config;
    const { account } = administrator;
    const deps = { ecs, ecr, docker, clock, cluster: clusterName, endpoint, account, region, signal };
    if (config.sample) urls = await startSample(run, deps);
  } finally {
    ecs.destroy();
    ecr.destroy();
  }
  const newKey = fresh ? { ...administrator, file: credentialsFile(config.dataDir) } : undefined;
  sayReady(progress, { endpoint, auth: config.auth, agent: config.agent, urls, ...(newKey && { newKey }) });
  return controlPlane;
}

async function shutDown(endings: Ending[], logger: Logger): Promise<void> {
  for (const { label, end } of endings.splice(0).reverse()) {
    try {
      await end();
    } catch (error) {
      logger.error(`could not end cleanly: ${label}`, { error });
    }
  }
}

const aborted = (signal: AbortSignal): Promise<'stopped'> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve('stopped');
    else signal.addEventListener('abort', () => resolve('stopped'), { once: true });
  });

function takeDataDirectory(config: UpConfig, endings: Ending[]): void {
  prepareDataDirectory(config.dataDir);
  const lock = lockDataDirectory(config.dataDir);
  if (!lock) {
    const other = readRunRecord(config.dataDir);
    const who = other ? ` (process ${other.pid}, ${other.endpoint})` : '';
    throw new ConfigError(
      `another Slipway already runs on ${config.dataDir}${who}. Use it, stop it with \`slipway down\`, or give this one its own --data and --port.`,
    );
  }
  endings.push({ label: 'data directory', end: () => lock.release() });
}

const storeFailed = (cause: Error): ConfigError =>
  new ConfigError(
    `the state on disk can no longer be written: ${cause.message}. Everything acknowledged so far is safe; see to the disk and start again.`,
    { cause },
  );

/** Runs until `signal` aborts; rejects when it cannot start or cannot go on. ConfigErrors are for the user to read. */
export async function up(config: UpConfig, deps: UpDeps): Promise<void> {
  const clock = deps.clock ?? systemClock;
  const endings: Ending[] = [];
  let logger = silentLogger;
  try {
    takeDataDirectory(config, endings);
    const log = openLogFile(path.join(logDirectory(config.dataDir), 'control-plane.log'));
    endings.push({ label: 'log', end: () => log.close() });
    logger = createLogger({ level: deps.logLevel, sink: log, now: () => clock.now(), format: 'text' });
    logger.info('starting', { host: config.host, port: config.port, auth: config.auth });
    const controlPlane = await bringUp({ ...deps, config, clock, logger, endings });
    const outcome = await Promise.race([aborted(deps.signal), controlPlane.failed]);
    if (outcome instanceof Error) throw storeFailed(outcome);
  } catch (error) {
    if (!deps.signal.aborted) {
      logger.error('cannot go on', { error });
      throw error;
    }
  } finally {
    if (deps.signal.aborted) {
      const containers = config.agent ? ' Containers keep running; the next start finds them again.' : '';
      deps.progress.line(`\nStopping.${containers}`);
    }
    logger.info('stopping');
    await shutDown(endings, logger);
  }
}
