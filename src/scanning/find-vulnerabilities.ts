/** What a database says about what is installed. */
import { type Advisory, type FindingSeverity, findingSeverities, isAffected, ratingOf } from './advisory.ts';
import type { AdvisoryDatabase } from './advisory-database.ts';
import type { InstalledPackage } from './analyse.ts';

export interface VulnerablePackage extends InstalledPackage {
  readonly fixedInVersion?: string;
}

/** One vulnerability of an image, with every package that has it. */
export interface Vulnerability {
  /** A CVE where the advisory has one, else its own id. */
  readonly id: string;
  readonly advisoryId: string;
  readonly severity: FindingSeverity;
  readonly score?: number;
  readonly vector?: string;
  readonly title: string;
  readonly description: string;
  readonly uri: string;
  readonly references: readonly string[];
  readonly publishedAt?: string;
  readonly modifiedAt?: string;
  readonly packages: readonly VulnerablePackage[];
}

/** Distributions publish by the source package; the others by the package itself. */
const bySource = /^(?:Debian|Ubuntu|Alpine|Wolfi|Chainguard)(?::|$)/;

function askedFor(one: InstalledPackage): { readonly name: string; readonly version: string } {
  return bySource.test(one.ecosystem) && one.source ? one.source : one;
}

const cve = /CVE-\d{4}-\d+/;

function idOf(advisory: Advisory): string {
  const candidates = [advisory.id, ...(advisory.aliases ?? []), ...(advisory.upstream ?? [])];
  return candidates.map((text) => cve.exec(text)?.[0]).find((text) => text !== undefined) ?? advisory.id;
}

const rank = (severity: FindingSeverity) => findingSeverities.indexOf(severity);

/** The worst first; of one severity in the order of ids. One vulnerability that several advisories name is one. */
export function findVulnerabilities(
  packages: readonly InstalledPackage[],
  database: Pick<AdvisoryDatabase, 'find'>,
): Vulnerability[] {
  const found = new Map<string, Vulnerability & { packages: VulnerablePackage[] }>();
  for (const one of packages) {
    const asked = askedFor(one);
    for (const advisory of database.find(one.ecosystem, asked.name)) {
      for (const affected of advisory.affected ?? []) {
        if (affected.package?.name !== asked.name || !isSameEcosystem(affected.package.ecosystem, one.ecosystem))
          continue;
        const match = isAffected(affected, one.ecosystem, asked.version);
        if (!match) continue;
        const id = idOf(advisory);
        const known = found.get(id) ?? { ...describe(advisory, id), ...ratingOf(advisory, affected), packages: [] };
        found.set(id, known);
        if (!known.packages.some(({ purl, path }) => purl === one.purl && path === one.path)) {
          known.packages.push({ ...one, ...match });
        }
      }
    }
  }
  return [...found.values()].sort((a, b) => rank(a.severity) - rank(b.severity) || (a.id < b.id ? -1 : 1));
}

const isSameEcosystem = (named: string, asked: string) => named === asked || named.startsWith(`${asked}:`);

function describe(advisory: Advisory, id: string) {
  const uris = (advisory.references ?? []).map(({ url }) => url);
  const details = advisory.details ?? advisory.summary ?? '';
  return {
    id,
    advisoryId: advisory.id,
    title: advisory.summary ?? id,
    description: details,
    uri: `https://osv.dev/vulnerability/${advisory.id}`,
    references: uris,
    ...(advisory.published !== undefined && { publishedAt: advisory.published }),
    ...(advisory.modified !== undefined && { modifiedAt: advisory.modified }),
  };
}
