/** How `slipway why` and `slipway place` print what ExplainPlacement answers. */
import type { ExplainPlacementOutput } from '#services/slipway/operations/ExplainPlacement.ts';
import { formatTable, paint, print } from '../output.ts';

export const shortArn = (arn: string) => arn.slice(arn.lastIndexOf('/') + 1);
export const shortTime = (time: Date) => time.toISOString().replace('T', ' ').slice(0, 19);

const ofTotal = (left: number, total: number) => `${left} of ${total}`;

function printDemand({ demand, launchType, group, taskDefinitionArn }: ExplainPlacementOutput): void {
  const ports = demand.ports.map(({ protocol, hostPort }) => `${protocol} port ${hostPort}`);
  const gpu = demand.gpu > 0 ? [`${demand.gpu} GPU`] : [];
  const eni = demand.eni > 0 ? ['a network interface of its own'] : [];
  const needs = [`${demand.cpu} CPU units`, `${demand.memory} MiB`, ...gpu, ...eni, ...ports];
  print(`Each task of ${shortArn(taskDefinitionArn)} (${launchType}, ${group}) needs ${needs.join(', ')}.`);
}

function printRules({ placementConstraints, placementStrategy }: ExplainPlacementOutput): void {
  const constraints = placementConstraints.map(({ type, expression }) => (expression ? `${type} ${expression}` : type));
  const strategy = placementStrategy.map(({ type, field }) => (field ? `${type} ${field}` : type));
  if (constraints.length > 0) print(`Constraints: ${constraints.join('; ')}.`);
  print(`Strategy: ${strategy.join(', then ') || 'spread over Availability Zones, then over instances'}.`);
}

/** Runs of tasks on one instance are one line. */
function printPlacements({ placements }: ExplainPlacementOutput): void {
  if (placements.length === 0) return;
  const rows: string[][] = [];
  for (let from = 0, to = 1; to <= placements.length; to++) {
    const first = placements[from]!;
    if (placements[to]?.containerInstanceArn === first.containerInstanceArn) continue;
    const numbers = to - from === 1 ? String(to) : `${from + 1}-${to}`;
    rows.push([numbers, shortArn(first.containerInstanceArn), first.ec2InstanceId, first.availabilityZone]);
    from = to;
  }
  print(`\n${formatTable(['TASK', 'CONTAINER INSTANCE', 'MACHINE', 'ZONE'], rows)}`);
}

function printInstances({ instances, instanceCount, requestedCount, placeableCount }: ExplainPlacementOutput): void {
  if (instances.length === 0) return;
  const rows = instances.flatMap(({ containerInstanceArn, placed, liveTasks, remaining, registered, reasons }) => {
    const others = placeableCount === requestedCount ? 'would take more' : '';
    const words = reasons.length === 0 ? [paint.good(others)] : reasons.map(({ message }) => message);
    const first = [
      shortArn(containerInstanceArn),
      placed > 0 ? paint.good(String(placed)) : '0',
      String(liveTasks),
      ofTotal(remaining.cpu, registered.cpu),
      ofTotal(remaining.memory, registered.memory),
      words[0]!,
    ];
    return [first, ...words.slice(1).map((message) => ['', '', '', '', '', message])];
  });
  print(`\n${formatTable(['CONTAINER INSTANCE', 'TAKES', 'HAS', 'CPU LEFT', 'MIB LEFT', 'WHY NO MORE'], rows)}`);
  const hidden = instanceCount - instances.length;
  if (hidden > 0) print(paint.dim(`${hidden} more instances; --instances <count> shows more of them.`));
}

export function printFindings({ findings }: ExplainPlacementOutput): void {
  for (const finding of findings) print(paint.strong(finding));
}

export function printPlacement(answer: ExplainPlacementOutput): void {
  printDemand(answer);
  printRules(answer);
  if (answer.notLaunchable === undefined) printPlacements(answer);
  printInstances(answer);
}
