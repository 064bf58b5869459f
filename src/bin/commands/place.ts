import type { PlacementConstraint, PlacementStrategy } from '@aws-sdk/client-ecs';
import { ConfigError, parseWhole } from '#control-plane/config.ts';
import { clientConfig, findConnection } from '../connection.ts';
import { print, printJson } from '../output.ts';
import { callSlipway } from '../slipway-api.ts';
import { printFindings, printPlacement } from './explanation.ts';

interface PlaceOptions {
  readonly dryRun?: boolean;
  readonly cluster: string;
  readonly count?: string;
  readonly launchType?: string;
  readonly group?: string;
  readonly strategy: readonly string[];
  readonly constraint: readonly string[];
  readonly cpu?: string;
  readonly memory?: string;
  readonly instances?: string;
  readonly data?: string;
  readonly json?: boolean;
}

/** `random`, `spread=attribute:ecs.availability-zone`, `binpack=memory`; what is wrong with a name the API says. */
export function parseStrategy(text: string): PlacementStrategy {
  const at = text.indexOf('=');
  const name = at < 0 ? text : text.slice(0, at);
  if (name === '') {
    throw new ConfigError(`--strategy must look like random, spread=FIELD or binpack=FIELD, not "${text}"`);
  }
  const type = name as NonNullable<PlacementStrategy['type']>;
  return at < 0 ? { type } : { type, field: text.slice(at + 1) };
}

/** `distinctInstance` or `memberOf=EXPRESSION`. */
export function parseConstraint(text: string): PlacementConstraint {
  if (text === 'distinctInstance') return { type: 'distinctInstance' };
  const expression = /^memberOf=(.+)$/s.exec(text)?.[1];
  if (expression === undefined) {
    throw new ConfigError(`--constraint must be distinctInstance or memberOf=EXPRESSION, not "${text}"`);
  }
  return { type: 'memberOf', expression };
}

function overridesOf({ cpu, memory }: PlaceOptions) {
  if (cpu === undefined && memory === undefined) return {};
  return { overrides: { ...(cpu !== undefined && { cpu }), ...(memory !== undefined && { memory }) } };
}

/** Exit code 2 when not all tasks can be placed, so that scripts can ask. */
export async function runPlace(taskDefinition: string, options: PlaceOptions): Promise<void> {
  if (!options.dryRun) {
    throw new ConfigError('only --dry-run is offered: it shows where tasks would go. `aws ecs run-task` runs them.');
  }
  const count = parseWhole('--count', options.count, 1_000);
  const maxInstances = parseWhole('--instances', options.instances, 10_000);
  const input = {
    taskDefinition,
    cluster: options.cluster,
    placementStrategy: options.strategy.map(parseStrategy),
    placementConstraints: options.constraint.map(parseConstraint),
    ...overridesOf(options),
    ...(count !== undefined && { count }),
    ...(maxInstances !== undefined && { maxInstances }),
    ...(options.launchType !== undefined && { launchType: options.launchType }),
    ...(options.group !== undefined && { group: options.group }),
  };
  const answer = await callSlipway(clientConfig(findConnection(options)), 'ExplainPlacement', input);
  if (answer.placeableCount < answer.requestedCount) process.exitCode = 2;
  if (options.json) return printJson(answer);
  printFindings(answer);
  print();
  printPlacement(answer);
}
