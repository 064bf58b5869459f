/** Grype on the image in OCI's layout. https://github.com/anchore/grype#output-formats */
import type { FindingSeverity } from '../advisory.ts';
import type { Vulnerability, VulnerablePackage } from '../find-vulnerabilities.ts';
import { type ScanEngine, ScanFailure, type ScanReport, type ScanTarget, unsupportedImage } from '../report.ts';
import { readConfig, readDocument } from './fetch-blob.ts';
import { writeLayout } from './oci-layout.ts';
import { isObject, type Json, listOf, numberOf, textOf, timeOf, worstFirst } from './read-json.ts';
import { runForJson } from './run-program.ts';

const severities: Readonly<Record<string, FindingSeverity>> = {
  critical: 'CRITICAL',
  high: 'HIGH',
  medium: 'MEDIUM',
  low: 'LOW',
  negligible: 'INFORMATIONAL',
};

const ecosystems: Readonly<Record<string, string>> = {
  npm: 'npm',
  python: 'PyPI',
  'go-module': 'Go',
  'java-archive': 'Maven',
  gem: 'RubyGems',
  'rust-crate': 'crates.io',
  dotnet: 'NuGet',
};

const cve = /^CVE-\d{4}-\d+$/;

/** Of the vulnerability itself, else of those that it is said to be. */
function scoreOf(sources: readonly Json[]): { readonly vector?: string; readonly score?: number } {
  const all = sources.flatMap((one) => listOf(one['cvss'])).filter(isObject);
  const best = all.find((one) => textOf(one['version'])?.startsWith('3') && textOf(one['vector']));
  const vector = textOf(best?.['vector']);
  const score = numberOf(isObject(best?.['metrics']) ? best['metrics']['baseScore'] : undefined);
  return { ...(vector !== undefined && { vector }), ...(score !== undefined && { score }) };
}

/** A CVE where one of its names is one, as the other engines do. */
function describe(one: Json, related: readonly Json[]): Omit<Vulnerability, 'packages'> | undefined {
  const advisoryId = textOf(one['id']);
  if (!advisoryId) return undefined;
  const names = [advisoryId, ...related.map((other) => textOf(other['id']) ?? '')];
  const id = names.find((name) => cve.test(name)) ?? advisoryId;
  const sources = [one, ...related];
  const description = sources.map((source) => textOf(source['description'])).find((text) => text !== undefined);
  return {
    id,
    advisoryId,
    severity: severities[(textOf(one['severity']) ?? '').toLowerCase()] ?? 'UNDEFINED',
    ...scoreOf(sources),
    title: id,
    description: description ?? id,
    uri: textOf(one['dataSource']) ?? `https://nvd.nist.gov/vuln/detail/${id}`,
    references: sources.flatMap((source) => listOf(source['urls'])).filter((url) => typeof url === 'string'),
  };
}

function toPackage(artifact: Json, fix: unknown, layerOf: (id: string) => string): VulnerablePackage | undefined {
  const [name, version] = [textOf(artifact['name']), textOf(artifact['version'])];
  if (!name || !version) return undefined;
  const type = textOf(artifact['type']) ?? '';
  const location = listOf(artifact['locations']).find(isObject) ?? {};
  const upstream = listOf(artifact['upstreams']).find(isObject);
  const source = textOf(upstream?.['name']);
  const fixed = isObject(fix) ? listOf(fix['versions']).filter((one) => typeof one === 'string') : [];
  return {
    ecosystem: ecosystems[type] ?? type,
    name,
    version,
    ...(source && { source: { name: source, version: textOf(upstream?.['version']) ?? version } }),
    path: (textOf(location['path']) ?? '').replace(/^\//, ''),
    purl: textOf(artifact['purl']) ?? '',
    layerDigest: layerOf(textOf(location['layerID']) ?? ''),
    ...(fixed.length > 0 && { fixedInVersion: fixed.join(', ') }),
  };
}

const updatedAtOf = (descriptor: unknown): number | undefined => {
  const database = isObject(descriptor) && isObject(descriptor['db']) ? descriptor['db'] : {};
  const status = isObject(database['status']) ? database['status'] : {};
  return timeOf(database['built']) ?? timeOf(status['built']);
};

/** `diffIds` and `layers` are those of the image, in order: Grype names layers by the former. */
export function readGrypeReport(
  report: unknown,
  image: { readonly diffIds: readonly string[]; readonly layers: readonly { readonly digest: string }[] },
): ScanReport {
  if (!isObject(report) || !Array.isArray(report['matches'])) {
    throw new ScanFailure('FAILED', 'Grype has not printed a report with matches');
  }
  const layerOf = (id: string) => image.layers[image.diffIds.indexOf(id)]?.digest ?? id;
  const distro = isObject(report['distro']) ? report['distro'] : {};
  const family = textOf(distro['name']);
  const matches = report['matches'].filter(isObject);
  if (!family && matches.length === 0) throw new ScanFailure('UNSUPPORTED', unsupportedImage);
  const found = new Map<string, Vulnerability & { packages: VulnerablePackage[] }>();
  for (const match of matches) {
    const { vulnerability, artifact } = match;
    if (!isObject(vulnerability) || !isObject(artifact)) continue;
    const described = describe(vulnerability, listOf(match['relatedVulnerabilities']).filter(isObject));
    const hit = toPackage(artifact, vulnerability['fix'], layerOf);
    if (!described || !hit) continue;
    const known = found.get(described.id) ?? { ...described, packages: [] };
    found.set(described.id, known);
    known.packages.push(hit);
  }
  const updatedAt = updatedAtOf(report['descriptor']);
  const versionId = textOf(distro['version']) ?? '';
  return {
    ...(updatedAt !== undefined && { sourceUpdatedAt: updatedAt }),
    ...(family && { distribution: { id: family, versionId, name: `${family} ${versionId}`.trim() } }),
    packageCount: new Set([...found.values()].flatMap((one) => one.packages.map((hit) => `${hit.purl} ${hit.path}`)))
      .size,
    vulnerabilities: worstFirst(found.values()),
    gaps: [],
  };
}

export const grypeStatusWords = ['db', 'status', '-o', 'json'];

export const grypeUpdatedAt = (status: unknown): number | undefined =>
  isObject(status) ? timeOf(status['built']) : undefined;

/** `directory` is the scan's own and empty. */
export function createGrypeEngine(options: { readonly program: string; readonly directory: string }): ScanEngine {
  const { program, directory } = options;
  return {
    name: 'grype',
    async scan(target: ScanTarget, signal) {
      await writeLayout(directory, target, signal);
      const { diffIds } = readConfig(await readDocument(target.config, signal));
      const report = await runForJson(program, [`oci-dir:${directory}`, '-o', 'json', '-q'], { signal });
      return readGrypeReport(report, { diffIds, layers: target.layers });
    },
  };
}
