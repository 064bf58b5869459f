import { ConfigError, parseWhole } from '#control-plane/config.ts';
import type { ExplainPlacementInput } from '#services/slipway/explain/subject.ts';
import type { ExplainPlacementOutput } from '#services/slipway/operations/ExplainPlacement.ts';
import { type ClientConfig, clientConfig, findConnection } from '../connection.ts';
import { formatTable, paint, print, printJson } from '../output.ts';
import { callSlipway, SlipwayApiError } from '../slipway-api.ts';
import { printFindings, printPlacement, shortArn, shortTime } from './explanation.ts';

interface WhyOptions {
  readonly cluster: string;
  readonly data?: string;
  readonly instances?: string;
  readonly json?: boolean;
}

const shownEvents = 5;

async function explain(config: ClientConfig, input: ExplainPlacementInput, absent: string) {
  try {
    return await callSlipway(config, 'ExplainPlacement', input);
  } catch (error) {
    if (error instanceof SlipwayApiError && error.name === absent) return undefined;
    throw error;
  }
}

/** A service by that name wins over a task definition. */
async function explainTarget(
  config: ClientConfig,
  target: string,
  rest: Pick<ExplainPlacementInput, 'cluster' | 'maxInstances'>,
): Promise<ExplainPlacementOutput> {
  const isDefinition = /^arn:.*:task-definition\//.test(target) || (!target.startsWith('arn:') && target.includes(':'));
  const answer =
    (isDefinition ? undefined : await explain(config, { ...rest, service: target }, 'ServiceNotFoundException')) ??
    (target.includes(':service/')
      ? undefined
      : await explain(config, { ...rest, taskDefinition: target }, 'TaskDefinitionNotFoundException'));
  if (answer) return answer;
  const kinds = isDefinition ? 'active task definition' : 'service and no active task definition';
  throw new ConfigError(`cluster ${rest.cluster} has no ${kinds} ${target}. \`slipway status\` lists what there is.`);
}

function printService({ service, clusterArn }: ExplainPlacementOutput): void {
  if (!service) return;
  print(`Service ${paint.strong(service.serviceName)} in ${shortArn(clusterArn)}, ${service.status}`);
  const rows = service.deployments.map((one) => [
    one.id,
    one.status,
    shortArn(one.taskDefinition),
    `${one.runningCount} of ${one.desiredCount}`,
    String(one.pendingCount),
    one.failedTasks > 0 ? paint.bad(String(one.failedTasks)) : '0',
    one.rolloutState,
  ]);
  print(formatTable(['DEPLOYMENT', 'STATUS', 'DEFINITION', 'RUNNING', 'PENDING', 'FAILED', 'ROLLOUT'], rows));
  print();
}

function printEvents({ service }: ExplainPlacementOutput): void {
  if (!service || service.events.length === 0) return;
  print('\nLast events');
  for (const { createdAt, message } of service.events.slice(0, shownEvents)) {
    print(`  ${paint.dim(shortTime(createdAt))}  ${message}`);
  }
}

/** Exit code 0 also when tasks are missing: the question was answered. */
export async function runWhy(target: string, options: WhyOptions): Promise<void> {
  const maxInstances = parseWhole('--instances', options.instances, 10_000);
  const config = clientConfig(findConnection(options));
  const answer = await explainTarget(config, target, {
    cluster: options.cluster,
    ...(maxInstances !== undefined && { maxInstances }),
  });
  if (options.json) return printJson(answer);
  printService(answer);
  printFindings(answer);
  print();
  printPlacement(answer);
  printEvents(answer);
}
