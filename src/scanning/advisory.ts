/**
 * Advisories in OSV's form, and whether one speaks of a version: https://ossf.github.io/osv-schema/#evaluation
 */
import { baseScore } from './cvss.ts';
import { compareAlpine } from './versions/alpine.ts';
import { compareDebian } from './versions/debian.ts';
import { compareMaven } from './versions/maven.ts';
import { comparePython } from './versions/python.ts';
import { compareRpm } from './versions/rpm.ts';
import { compareSemver } from './versions/semver.ts';

/** What of an OSV entry is used; the rest is left as it came. */
export interface Advisory {
  readonly id: string;
  readonly modified?: string;
  readonly published?: string;
  readonly withdrawn?: string;
  readonly aliases?: readonly string[];
  readonly upstream?: readonly string[];
  readonly summary?: string;
  readonly details?: string;
  readonly severity?: readonly Severity[];
  readonly affected?: readonly Affected[];
  readonly references?: readonly { readonly type?: string; readonly url: string }[];
  readonly database_specific?: Readonly<Record<string, unknown>>;
}

export interface Severity {
  readonly type: string;
  readonly score: string;
}

export interface Affected {
  readonly package?: { readonly ecosystem: string; readonly name: string };
  readonly severity?: readonly Severity[];
  readonly ranges?: readonly Range[];
  readonly versions?: readonly string[];
  readonly ecosystem_specific?: Readonly<Record<string, unknown>>;
  readonly database_specific?: Readonly<Record<string, unknown>>;
}

interface Range {
  readonly type: 'SEMVER' | 'ECOSYSTEM' | 'GIT';
  readonly events: readonly RangeEvent[];
}

interface RangeEvent {
  readonly introduced?: string;
  readonly fixed?: string;
  readonly last_affected?: string;
}

export type Compare = (a: string, b: string) => number;

/** Undefined for ecosystems whose order is not known here: only versions that are listed match then. */
export function orderOf(ecosystem: string): Compare | undefined {
  switch (ecosystem.split(':', 1)[0]) {
    case 'Debian':
    case 'Ubuntu':
      return compareDebian;
    case 'Alpine':
    case 'Wolfi':
    case 'Chainguard':
      return compareAlpine;
    case 'Rocky Linux':
    case 'AlmaLinux':
    case 'Red Hat':
    case 'SUSE':
    case 'openSUSE':
      return compareRpm;
    case 'npm':
    case 'Go':
    case 'crates.io':
    case 'NuGet':
      return compareSemver;
    case 'PyPI':
      return comparePython;
    case 'Maven':
      return compareMaven;
    default:
      return undefined;
  }
}

/** The range that holds the version; `fixed` where there is a version without the fault. */
function findRange(range: Range, version: string, compare: Compare): { readonly fixed?: string } | undefined {
  if (range.type === 'GIT') return undefined;
  let isInside = false;
  for (const event of inOrder(range.events, compare)) {
    if (event.introduced !== undefined) {
      if (event.introduced === '0' || compare(event.introduced, version) <= 0) isInside = true;
    } else if (event.fixed !== undefined) {
      if (compare(version, event.fixed) >= 0) isInside = false;
      else if (isInside) return { fixed: event.fixed };
    } else if (event.last_affected !== undefined) {
      if (compare(version, event.last_affected) > 0) isInside = false;
      else if (isInside) return {};
    }
  }
  return isInside ? {} : undefined;
}

const versionOf = (event: RangeEvent) => event.introduced ?? event.fixed ?? event.last_affected ?? '0';

function inOrder(events: readonly RangeEvent[], compare: Compare): RangeEvent[] {
  const isStart = (event: RangeEvent) => event.introduced === '0';
  return [...events].sort((a, b) => {
    if (isStart(a) || isStart(b)) return Number(isStart(b)) - Number(isStart(a));
    return compare(versionOf(a), versionOf(b));
  });
}

/** Whether `affected` speaks of the version, and in which version the fault is gone. */
export function isAffected(
  affected: Affected,
  ecosystem: string,
  version: string,
): { readonly fixedInVersion?: string } | undefined {
  const compare = orderOf(ecosystem);
  for (const range of compare ? (affected.ranges ?? []) : []) {
    const found = findRange(range, version, compare!);
    if (found) return found.fixed === undefined ? {} : { fixedInVersion: found.fixed };
  }
  return affected.versions?.includes(version) ? {} : undefined;
}

export const findingSeverities = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL', 'UNDEFINED'] as const;
export type FindingSeverity = (typeof findingSeverities)[number];

const words: Readonly<Record<string, FindingSeverity>> = {
  critical: 'CRITICAL',
  high: 'HIGH',
  important: 'HIGH',
  medium: 'MEDIUM',
  moderate: 'MEDIUM',
  low: 'LOW',
  negligible: 'INFORMATIONAL',
  unimportant: 'INFORMATIONAL',
};

export interface Rating {
  readonly severity: FindingSeverity;
  readonly vector?: string;
  readonly score?: number;
}

const bands: readonly (readonly [from: number, severity: FindingSeverity])[] = [
  [9, 'CRITICAL'],
  [7, 'HIGH'],
  [4, 'MEDIUM'],
  [0.1, 'LOW'],
];

/** What the distribution says of it first, then the score, then what the database says in words. */
export function ratingOf(advisory: Advisory, affected: Affected): Rating {
  const vector = [...(affected.severity ?? []), ...(advisory.severity ?? [])].find(
    ({ type }) => type === 'CVSS_V3',
  )?.score;
  const score = vector === undefined ? undefined : baseScore(vector);
  const scored = { ...(vector !== undefined && { vector }), ...(score !== undefined && { score }) };
  const said = [affected.ecosystem_specific, affected.database_specific, advisory.database_specific].map((specific) =>
    String(specific?.['urgency'] ?? specific?.['severity'] ?? '').toLowerCase(),
  );
  const own = words[said[0]!];
  if (own) return { severity: own, ...scored };
  if (score !== undefined) {
    return { severity: bands.find(([from]) => score >= from)?.[1] ?? 'INFORMATIONAL', ...scored };
  }
  return { severity: words[said[1]!] ?? words[said[2]!] ?? 'UNDEFINED', ...scored };
}
