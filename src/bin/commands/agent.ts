import {
  type AgentConfig,
  ConfigError as AgentConfigError,
  agentConfigFromEnvironment,
  readCredentials,
} from '#agent/config.ts';
import { createDockerEngine } from '#agent/engine-api/docker.ts';
import { type InstanceIdentity, joinAsInstance, readIdentity } from '#agent/instance/instance-identity.ts';
import { SlipwayCallError, type SlipwayTarget } from '#agent/instance/slipway-call.ts';
import { startInstance } from '#agent/instance/start-instance.ts';
import { exitCodes, runAgent } from '#agent/main.ts';
import { createSideServices } from '#agent/side-services.ts';
import { type AgentState, openAgentState, StateInUseError } from '#agent/state/agent-state.ts';
import { ConfigError, dataDirectory, defaultRegion } from '#control-plane/config.ts';
import { agentDirectory } from '#control-plane/up/data-directory.ts';
import { dockerHost } from '#control-plane/up/docker.ts';
import { systemClock } from '#lib/clock.ts';
import { createLogger, type Logger, type LogLevel } from '#lib/logger.ts';
import { systemRandom } from '#lib/random.ts';

interface AgentOptions {
  readonly cluster: string;
  readonly endpoint: string;
  readonly data?: string;
  readonly instanceProfile?: string;
  readonly containerEndpoint: boolean;
  readonly logLevel: LogLevel;
}

/** An agent whose parent was killed needs a moment to notice; its successor waits for it this long. */
const predecessorMs = 15_000;

async function openState(directory: string): Promise<AgentState> {
  const deadline = systemClock.now() + predecessorMs;
  for (;;) {
    try {
      return openAgentState(directory);
    } catch (error) {
      if (!(error instanceof StateInUseError) || systemClock.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

function parseEndpoint(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new ConfigError(`--endpoint must be a URL such as http://10.0.0.5:4566, not "${text}"`);
  }
  return text.replace(/\/+$/, '');
}

const joinRetryMs = 5_000;

/** A key that the control plane will not take, or a profile that it does not know: no use trying again. */
class JoinRefused extends Error {}

/**
 * Which instance this machine is: as `up` says, as an earlier start has found out, or a new one, by the key of the
 * environment.
 */
async function identify(
  target: SlipwayTarget,
  directory: string,
  options: AgentOptions,
  logger: Logger,
): Promise<InstanceIdentity> {
  const instanceId = process.env['SLIPWAY_INSTANCE_ID'];
  if (instanceId) return { instanceId, ...readCredentials(process.env) };
  const known = await readIdentity(directory);
  if (known) return known;
  const by = readCredentials(process.env);
  for (;;) {
    try {
      return await joinAsInstance(target, directory, by, options.instanceProfile);
    } catch (error) {
      const { name, message } = error as Error;
      if (error instanceof SlipwayCallError && error.$metadata.httpStatusCode < 500) {
        throw new JoinRefused(`this machine cannot join: ${name}: ${message}`, { cause: error });
      }
      logger.warn('this machine cannot join yet; trying again', { name, message });
      await systemClock.sleep(joinRetryMs);
    }
  }
}

async function runOn(config: AgentConfig, state: AgentState, logger: Logger): Promise<void> {
  const engine = createDockerEngine({
    host: config.dockerHost,
    ...(config.dockerCertPath && { certPath: config.dockerCertPath }),
  });
  const deps = { engine, clock: systemClock, random: systemRandom, logger };
  const sideServices = createSideServices(config, deps);
  process.exitCode = await runAgent(config, { ...deps, state, sideServices });
}

/** Runs until a signal, or until the parent that started it is gone; the exit code is the agent's own. */
export async function runAgentCommand(options: AgentOptions): Promise<void> {
  const logger = createLogger({
    level: options.logLevel,
    sink: process.stderr,
    now: () => systemClock.now(),
    format: 'text',
  });
  const directory = options.data ?? agentDirectory(dataDirectory(undefined));
  try {
    const endpoint = parseEndpoint(options.endpoint);
    const region = process.env['AWS_DEFAULT_REGION'] || process.env['AWS_REGION'] || defaultRegion;
    const target = { endpoint, region };
    const identity = await identify(target, directory, options, logger);
    // The directory is ours from here on, and with it the port of the metadata service.
    const state = await openState(directory);
    const shared = { clock: systemClock, random: systemRandom, logger };
    const instance = await startInstance({ ...shared, target, identity, dataDirectory: directory });
    const config = agentConfigFromEnvironment(process.env, {
      cluster: options.cluster,
      endpoint,
      region,
      credentials: instance.credentials,
      containerEndpoint: options.containerEndpoint,
      identityDocument: instance.identityDocument,
      dataDirectory: directory,
      dockerHost: dockerHost(),
    });
    await runOn(config, state, logger);
    await instance.close();
    state.close();
  } catch (error) {
    const isFinal =
      error instanceof AgentConfigError || error instanceof StateInUseError || error instanceof JoinRefused;
    if (!isFinal) throw error;
    logger.error(error.message);
    process.exitCode = exitCodes.terminal;
  }
  // Sockets that a peer has not closed yet must not hold up the end.
  process.exit();
}
