/**
 * Availability Zone rebalancing of a REPLICA service: pure. When the service is as it should be and its fullest zone has
 * at least two tasks more than its emptiest, a task is started in the emptiest, and one of the fullest goes when the new
 * one serves. Nothing begins while moves are open, and each move keeps within maximumPercent.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html
 */
import type { ServiceRow, TaskRow } from '#model/rows.ts';

export interface ZoneMove {
  readonly from: string;
  readonly to: string;
}

/** How many of the tasks are in each zone; zones with an instance that could take one are there with none. */
export function countZones(tasks: readonly TaskRow[], zones: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const zone of [...zones].sort()) counts.set(zone, 0);
  for (const { availabilityZone } of tasks) {
    if (availabilityZone !== undefined) counts.set(availabilityZone, (counts.get(availabilityZone) ?? 0) + 1);
  }
  return counts;
}

/** Up to `most` moves that bring the zones' counts to within one of each other; only tasks of `movable` leave a zone. */
export function planMoves(
  tasks: readonly TaskRow[],
  zones: ReadonlySet<string>,
  movable: readonly TaskRow[],
  most: number,
): ZoneMove[] {
  const counts = countZones(tasks, zones);
  const left = countZones(movable, []);
  const moves: ZoneMove[] = [];
  while (moves.length < most) {
    let from: string | undefined;
    let to: string | undefined;
    for (const [zone, count] of counts) {
      if ((left.get(zone) ?? 0) > 0 && (from === undefined || count > counts.get(from)!)) from = zone;
      if (zones.has(zone) && (to === undefined || count < counts.get(to)!)) to = zone;
    }
    if (from === undefined || to === undefined || counts.get(from)! - counts.get(to)! <= 1) break;
    counts.set(from, counts.get(from)! - 1);
    left.set(from, left.get(from)! - 1);
    counts.set(to, counts.get(to)! + 1);
    moves.push({ from, to });
  }
  return moves;
}

export type OpenMoves = NonNullable<ServiceRow['rebalancing']>['moves'];

/** The moves that still hold: their new tasks are there, and nothing else has made the service larger than it should be. */
export function openMoves(service: ServiceRow, keep: readonly TaskRow[]): OpenMoves {
  const moves = service.rebalancing?.moves ?? [];
  if (moves.length === 0) return moves;
  const kept = new Set<string>(keep.map((task) => task.arn));
  const open = moves.filter(({ taskArn }) => kept.has(taskArn));
  return keep.length <= service.desiredCount + open.length ? open : [];
}

export interface ClosedMoves {
  /** Tasks whose stand-in serves. */
  readonly stops: readonly TaskRow[];
  readonly open: OpenMoves;
}

/** Ends the moves whose new task serves: a task of the zone that they leave goes, as far as the service has one too many. */
export function closeMoves(
  service: ServiceRow,
  keep: readonly TaskRow[],
  movable: readonly TaskRow[],
  standsIn: (task: TaskRow) => boolean,
  mayLose: number,
): ClosedMoves {
  const open = openMoves(service, keep);
  const stops: TaskRow[] = [];
  if (open.length === 0) return { stops, open };
  const serving = new Set<string>(keep.filter(standsIn).map((task) => task.arn));
  const arrivals = new Set<string>(open.map(({ taskArn }) => taskArn));
  const newestFirst = movable
    .filter((task) => !arrivals.has(task.arn))
    .sort((a, b) => b.createdAt - a.createdAt || (a.arn < b.arn ? -1 : 1));
  let surplus = keep.length - service.desiredCount;
  const stillOpen = open.filter(({ taskArn, fromZone }) => {
    if (!serving.has(taskArn)) return true;
    const at = newestFirst.findIndex((task) => task.availabilityZone === fromZone);
    if (surplus <= 0 || at < 0) return false;
    if (stops.length >= mayLose) return true;
    surplus -= 1;
    stops.push(...newestFirst.splice(at, 1));
    return false;
  });
  return { stops, open: stillOpen };
}
