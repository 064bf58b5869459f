import { ConfigError as AgentConfigError, agentConfigFromEnvironment } from '#agent/config.ts';
import { createDockerEngine } from '#agent/engine-api/docker.ts';
import { exitCodes, runAgent } from '#agent/main.ts';
import { createSideServices } from '#agent/side-services.ts';
import { type AgentState, openAgentState, StateInUseError } from '#agent/state/agent-state.ts';
import { ConfigError, dataDirectory } from '#control-plane/config.ts';
import { agentDirectory } from '#control-plane/up/data-directory.ts';
import { dockerHost } from '#control-plane/up/docker.ts';
import { systemClock } from '#lib/clock.ts';
import { createLogger, type LogLevel } from '#lib/logger.ts';
import { systemRandom } from '#lib/random.ts';

interface AgentOptions {
  readonly cluster: string;
  readonly endpoint: string;
  readonly data?: string;
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
    const config = agentConfigFromEnvironment(process.env, {
      cluster: options.cluster,
      endpoint: parseEndpoint(options.endpoint),
      dataDirectory: directory,
      dockerHost: dockerHost(),
    });
    const state = await openState(directory);
    const engine = createDockerEngine({
      host: config.dockerHost,
      ...(config.dockerCertPath && { certPath: config.dockerCertPath }),
    });
    const deps = { engine, clock: systemClock, random: systemRandom, logger };
    const sideServices = createSideServices(config, deps);
    process.exitCode = await runAgent(config, { ...deps, state, sideServices });
    state.close();
  } catch (error) {
    if (error instanceof AgentConfigError || error instanceof StateInUseError) {
      logger.error(error.message);
      process.exitCode = exitCodes.terminal;
      return;
    }
    throw error;
  }
  // Sockets that a peer has not closed yet must not hold up the end.
  process.exit();
}
