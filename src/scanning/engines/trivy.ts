/** Trivy on the image in OCI's layout. https://trivy.dev/latest/docs/configuration/reporting/#json */
import type { FindingSeverity } from '../advisory.ts';
import type { Vulnerability, VulnerablePackage } from '../find-vulnerabilities.ts';
import { type ScanEngine, ScanFailure, type ScanReport, type ScanTarget, unsupportedImage } from '../report.ts';
import { readConfig, readDocument } from './fetch-blob.ts';
import { writeLayout } from './oci-layout.ts';
import { isObject, type Json, listOf, numberOf, textOf, timeOf, worstFirst } from './read-json.ts';
import { runForJson } from './run-program.ts';

const severities: Readonly<Record<string, FindingSeverity>> = {
  CRITICAL: 'CRITICAL',
  HIGH: 'HIGH',
  MEDIUM: 'MEDIUM',
  LOW: 'LOW',
};

const ecosystems: Readonly<Record<string, string>> = {
  'node-pkg': 'npm',
  'python-pkg': 'PyPI',
  gobinary: 'Go',
  jar: 'Maven',
  gemspec: 'RubyGems',
  rustbinary: 'crates.io',
  'dotnet-core': 'NuGet',
};

/** The score of the source that rated it, else the first one. */
function scoreOf(vulnerability: Json): { readonly vector?: string; readonly score?: number } {
  const cvss = isObject(vulnerability['CVSS']) ? vulnerability['CVSS'] : {};
  const own = cvss[textOf(vulnerability['SeveritySource']) ?? ''];
  const rated = [own, cvss['nvd'], ...Object.values(cvss)].filter(isObject).find((one) => textOf(one['V3Vector']));
  const vector = textOf(rated?.['V3Vector']);
  const score = numberOf(rated?.['V3Score']);
  return { ...(vector !== undefined && { vector }), ...(score !== undefined && { score }) };
}

function toPackage(result: Json, one: Json, layerOf: (layer: unknown) => string): VulnerablePackage | undefined {
  const [name, version] = [textOf(one['PkgName']), textOf(one['InstalledVersion'])];
  if (!name || !version) return undefined;
  const type = textOf(result['Type']) ?? '';
  const fixedInVersion = textOf(one['FixedVersion']);
  const identifier = isObject(one['PkgIdentifier']) ? one['PkgIdentifier'] : {};
  return {
    ecosystem: ecosystems[type] ?? type,
    name,
    version,
    path: textOf(one['PkgPath']) ?? '',
    purl: textOf(identifier['PURL']) ?? '',
    layerDigest: layerOf(one['Layer']),
    ...(fixedInVersion && { fixedInVersion }),
  };
}

function describe(one: Json, id: string): Omit<Vulnerability, 'packages'> {
  const title = textOf(one['Title']) ?? id;
  const [publishedAt, modifiedAt] = [textOf(one['PublishedDate']), textOf(one['LastModifiedDate'])];
  return {
    id,
    advisoryId: id,
    severity: severities[textOf(one['Severity']) ?? ''] ?? 'UNDEFINED',
    ...scoreOf(one),
    title,
    description: textOf(one['Description']) ?? title,
    uri: textOf(one['PrimaryURL']) ?? `https://avd.aquasec.com/nvd/${id.toLowerCase()}`,
    references: listOf(one['References']).filter((url) => typeof url === 'string'),
    ...(publishedAt && { publishedAt }),
    ...(modifiedAt && { modifiedAt }),
  };
}

/** `diffIds` and `layers` are those of the image, in order: Trivy names layers by either. */
export function readTrivyReport(
  report: unknown,
  image: { readonly diffIds: readonly string[]; readonly layers: readonly { readonly digest: string }[] },
): Omit<ScanReport, 'sourceUpdatedAt'> {
  if (!isObject(report) || numberOf(report['SchemaVersion']) !== 2) {
    throw new ScanFailure('FAILED', 'Trivy has not printed a report of schema version 2');
  }
  const layerOf = (layer: unknown) => {
    const { Digest, DiffID } = isObject(layer) ? layer : {};
    const index = image.diffIds.indexOf(String(DiffID));
    return textOf(Digest) ?? image.layers[index]?.digest ?? '';
  };
  const metadata = isObject(report['Metadata']) ? report['Metadata'] : {};
  const os = isObject(metadata['OS']) ? metadata['OS'] : undefined;
  const results = listOf(report['Results']).filter(isObject);
  // Without packages there is no result at all, be there an operating system or not.
  if (results.length === 0) throw new ScanFailure('UNSUPPORTED', unsupportedImage);
  const found = new Map<string, Vulnerability & { packages: VulnerablePackage[] }>();
  let packageCount = 0;
  for (const result of results) {
    packageCount += listOf(result['Packages']).length;
    for (const one of listOf(result['Vulnerabilities']).filter(isObject)) {
      const id = textOf(one['VulnerabilityID']);
      const hit = toPackage(result, one, layerOf);
      if (!id || !hit) continue;
      const known = found.get(id) ?? { ...describe(one, id), packages: [] };
      found.set(id, known);
      known.packages.push(hit);
    }
  }
  const family = textOf(os?.['Family']);
  const versionId = textOf(os?.['Name']) ?? '';
  return {
    ...(family && { distribution: { id: family, versionId, name: `${family} ${versionId}`.trim() } }),
    packageCount,
    vulnerabilities: worstFirst(found.values()),
    gaps: [],
  };
}

export const trivyUpdatedAt = (version: unknown): number | undefined => {
  const database = isObject(version) ? version['VulnerabilityDB'] : undefined;
  return isObject(database) ? timeOf(database['UpdatedAt']) : undefined;
};

export const trivyVersionWords = ['version', '--format', 'json'];

/** `directory` is the scan's own and empty. */
export function createTrivyEngine(options: { readonly program: string; readonly directory: string }): ScanEngine {
  const { program, directory } = options;
  return {
    name: 'trivy',
    async scan(target: ScanTarget, signal) {
      await writeLayout(directory, target, signal);
      const { diffIds } = readConfig(await readDocument(target.config, signal));
      const words = [
        'image',
        '--input',
        directory,
        '--format',
        'json',
        '--quiet',
        '--scanners',
        'vuln',
        '--list-all-pkgs',
      ];
      const report = readTrivyReport(await runForJson(program, words, { signal }), { diffIds, layers: target.layers });
      const updatedAt = trivyUpdatedAt(await runForJson(program, trivyVersionWords, { signal }));
      return { ...report, ...(updatedAt !== undefined && { sourceUpdatedAt: updatedAt }) };
    },
  };
}
