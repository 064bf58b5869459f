/** Scans and their findings, in the shapes of basic and of enhanced scanning. */
import { createHash } from 'node:crypto';
import type {
  Attribute,
  EnhancedImageScanFinding,
  ImageScanFinding,
  ImageScanFindingsSummary,
  ImageScanStatus,
  Resource,
  VulnerablePackage,
} from '@aws-sdk/client-ecr';
import { parentsOf, tagsOf } from '#images/delete-image.ts';
import { scanningOfRepository } from '#images/image-scans.ts';
import { clustersRunning } from '#images/in-use.ts';
import { partitionOf } from '#model/arn.ts';
import type { ImageRow, RepositoryRow } from '#model/ecr.ts';
import type { ImageScanResult, ImageScanRow, ScanSeverity, ScanType } from '#model/image-scan.ts';
import type { VulnerablePackage as Hit } from '#scanning/find-vulnerabilities.ts';
import type { FindingsHead } from '#scanning/findings-file.ts';
import type { Finding } from '#scanning/report.ts';
import type { View } from '#store/store.ts';

const completed = 'The scan was completed successfully.';

function statusOfBasic(scan: ImageScanRow): ImageScanStatus {
  if (scan.wanted) return { status: 'IN_PROGRESS' };
  if (scan.failure) return { status: 'FAILED', description: scan.failure.reason };
  return { status: 'COMPLETE', description: completed };
}

function statusOfEnhanced(scan: ImageScanRow, isContinuous: boolean): ImageScanStatus {
  if (!scan.result && !scan.failure) return { status: 'PENDING', description: 'The image is waiting to be scanned.' };
  if (scan.failure) {
    const status = scan.failure.kind === 'UNSUPPORTED' ? 'UNSUPPORTED_IMAGE' : 'FAILED';
    return { status, description: scan.failure.reason };
  }
  if (isContinuous) return { status: 'ACTIVE', description: 'Continuous scan is selected for image.' };
  return scan.wanted ? { status: 'PENDING' } : { status: 'COMPLETE', description: completed };
}

export function viewScanStatus(
  view: View,
  repository: RepositoryRow,
  image: ImageRow,
  scan: ImageScanRow,
): ImageScanStatus {
  if (image.status === 'ARCHIVED') return { status: 'IMAGE_ARCHIVED', description: 'The image is archived.' };
  const { scanType, scanFrequency } = scanningOfRepository(view, repository);
  const isContinuous = scanType === 'ENHANCED' && scanFrequency === 'CONTINUOUS_SCAN';
  const status = scan.scanType === 'BASIC' ? statusOfBasic(scan) : statusOfEnhanced(scan, isContinuous);
  const gaps = scan.failure || scan.wanted ? [] : (scan.result?.gaps ?? []);
  return gaps.length === 0 ? status : { ...status, description: `${status.description} Left out: ${gaps.join('; ')}.` };
}

/** What is not rated is UNTRIAGED in enhanced scanning, which the SDK's list of severities does not have. */
const severityIn = (scanType: ScanType, severity: ScanSeverity) =>
  (scanType === 'ENHANCED' && severity === 'UNDEFINED' ? 'UNTRIAGED' : severity) as ScanSeverity;

/** Sorted as they rank; severities that do not occur are left out. */
export function viewSummary(scanType: ScanType, result: ImageScanResult): ImageScanFindingsSummary {
  const counts = Object.entries(result.counts) as [ScanSeverity, number][];
  return {
    imageScanCompletedAt: new Date(result.completedAt),
    ...(result.sourceUpdatedAt !== undefined && { vulnerabilitySourceUpdatedAt: new Date(result.sourceUpdatedAt) }),
    findingSeverityCounts: Object.fromEntries(counts.map(([name, count]) => [severityIn(scanType, name), count])),
  };
}

export function viewBasicFinding(finding: Finding): ImageScanFinding {
  const first = finding.packages[0]!;
  const of = first.source ?? first;
  const fixed = finding.packages.find((one) => one.fixedInVersion !== undefined)?.fixedInVersion;
  const attributes: Attribute[] = [
    { key: 'package_version', value: of.version },
    { key: 'package_name', value: of.name },
    ...(finding.vector === undefined ? [] : [{ key: 'CVSS3_VECTOR', value: finding.vector }]),
    ...(finding.score === undefined ? [] : [{ key: 'CVSS3_SCORE', value: String(finding.score) }]),
    ...(fixed === undefined ? [] : [{ key: 'fixed_in_version', value: fixed }]),
  ];
  const { id: name, description, uri, severity } = finding;
  return { name, description, uri, severity, attributes };
}

const managers: Readonly<Record<string, string>> = {
  npm: 'NODEPKG',
  PyPI: 'PYTHONPKG',
  Go: 'GOBINARY',
  Maven: 'JAR',
  RubyGems: 'GEMSPEC',
  'crates.io': 'CARGO',
  NuGet: 'NUGET',
};

/** Inspector tells epoch, version and release of a distribution's package apart. */
function versionOf({ ecosystem, version }: Hit): Pick<VulnerablePackage, 'epoch' | 'version' | 'release'> {
  if (ecosystem in managers || /^(?:Alpine|alpine|Wolfi|wolfi|Chainguard|apk)/.test(ecosystem)) return { version };
  const [, epoch, upstream, release] = /^(?:(\d+):)?(.+?)(?:-([^-]+))?$/.exec(version) ?? [];
  return {
    epoch: Number(epoch ?? 0),
    version: upstream ?? version,
    ...(release !== undefined && { release }),
  };
}

function viewPackage(one: Hit): VulnerablePackage {
  const manager = managers[one.ecosystem] ?? 'OS';
  return {
    name: one.name,
    ...versionOf(one),
    ...(one.arch !== undefined && { arch: one.arch }),
    packageManager: manager,
    ...(manager !== 'OS' && one.path !== '' && { filePath: one.path }),
    ...(one.layerDigest !== '' && { sourceLayerHash: one.layerDigest }),
    ...(one.fixedInVersion !== undefined && { fixedInVersion: one.fixedInVersion }),
  };
}

function fixAvailable(packages: readonly Hit[]): 'YES' | 'NO' | 'PARTIAL' {
  const fixed = packages.filter((one) => one.fixedInVersion !== undefined).length;
  if (fixed === 0) return 'NO';
  return fixed === packages.length ? 'YES' : 'PARTIAL';
}

export interface FindingContext {
  readonly view: View;
  readonly repository: RepositoryRow;
  readonly image: ImageRow;
  readonly head: FindingsHead;
  readonly result: ImageScanResult;
  readonly resource: Resource;
}

/** The image that all findings are of. Clusters that run an index run its images. */
export function viewResource({ view, repository, image, head }: Omit<FindingContext, 'resource'>): Resource {
  const { distribution, architecture, author } = head;
  const tags = tagsOf(view, image);
  const running = clustersRunning(view, repository, new Set([image.digest, ...parentsOf(view, image)]));
  const platform = distribution && `${distribution.id}_${distribution.versionId}`.toUpperCase().replace(/\W+/g, '_');
  return {
    id: `${repository.arn}/${image.digest}`,
    type: 'AWS_ECR_CONTAINER_IMAGE',
    tags: {},
    details: {
      awsEcrContainerImage: {
        ...(architecture !== undefined && { architecture }),
        ...(author !== undefined && { author }),
        imageHash: image.digest,
        imageTags: tags,
        ...(platform !== undefined && { platform }),
        pushedAt: new Date(image.pushedAt),
        inUseCount: running.size,
        registry: repository.account,
        repositoryName: repository.name,
      },
    },
  };
}

const dateOf = (text: string | undefined): Date | undefined => {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? undefined : new Date(time);
};

/** The same vulnerability of the same image has the same ARN in every scan. */
function findingArn({ repository, image }: FindingContext, id: string): string {
  const hash = createHash('sha256').update(`${image.key} ${id}`).digest('hex').slice(0, 32);
  return `arn:${partitionOf(repository.region)}:inspector2:${repository.region}:${repository.account}:finding/${hash}`;
}

function viewDetails(finding: Finding): EnhancedImageScanFinding['packageVulnerabilityDetails'] {
  const { vector, score, packages } = finding;
  const [created, updated] = [dateOf(finding.publishedAt), dateOf(finding.modifiedAt)];
  const version = vector?.match(/^CVSS:(\d\.\d)/)?.[1];
  const cvss = { source: 'NVD', ...(score !== undefined && { baseScore: score }), scoringVector: vector, version };
  return {
    vulnerabilityId: finding.id,
    source: finding.uri.includes('osv.dev') ? 'OSV' : new URL(finding.uri, 'https://nvd.nist.gov').hostname,
    sourceUrl: finding.uri,
    cvss: vector === undefined ? [] : [cvss],
    referenceUrls: [...finding.references],
    relatedVulnerabilities: finding.advisoryId === finding.id ? [] : [finding.advisoryId],
    vendorSeverity: finding.severity,
    ...(created && { vendorCreatedAt: created }),
    ...(updated && { vendorUpdatedAt: updated }),
    vulnerablePackages: packages.map(viewPackage),
  };
}

export function viewEnhancedFinding(context: FindingContext, finding: Finding): EnhancedImageScanFinding {
  const { vector, score } = finding;
  const observedAt = new Date(context.result.completedAt);
  const version = vector?.match(/^CVSS:(\d\.\d)/)?.[1];
  const names = [...new Set(finding.packages.map((one) => one.name))].join(', ');
  return {
    awsAccountId: context.repository.account,
    findingArn: findingArn(context, finding.id),
    title: `${finding.id} - ${names}`,
    description: finding.description,
    severity: severityIn('ENHANCED', finding.severity),
    status: 'ACTIVE',
    type: 'PACKAGE_VULNERABILITY',
    firstObservedAt: new Date(finding.firstObservedAt),
    lastObservedAt: observedAt,
    updatedAt: observedAt,
    ...(score !== undefined && { score }),
    ...(score !== undefined && {
      scoreDetails: { cvss: { adjustments: [], score, scoreSource: 'NVD', scoringVector: vector, version } },
    }),
    fixAvailable: fixAvailable(finding.packages),
    remediation: { recommendation: { text: 'None Provided' } },
    packageVulnerabilityDetails: viewDetails(finding),
    resources: [context.resource],
  };
}
