/** The own engine: reads what is installed out of the layers and asks the advisory database about it. */
import { type AdvisoryDatabase, openAdvisoryDatabase } from '../advisory-database.ts';
import { analyse, type InstalledPackage, type Inventory, type Layer } from '../analyse.ts';
import { findVulnerabilities } from '../find-vulnerabilities.ts';
import { inventoryFile, readInventory, writeInventory } from '../inventory-file.ts';
import { type ScanEngine, ScanFailure, type ScanReport, type ScanTarget, unsupportedImage } from '../report.ts';
import { openBlob } from './fetch-blob.ts';

export const noDatabase =
  'There is no vulnerability database. Make one with `slipway scan-db update`, or install Trivy or Grype.';

/** Layers of these types lie with their publisher and are not in the registry. */
const isForeign = (mediaType: string) => mediaType.includes('.nondistributable.') || mediaType.includes('.foreign.');

/** Whether the bytes are damaged, and not only their way to us. */
function isDamaged(error: unknown): boolean {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return /^(?:Z_|ZSTD_|ERR_BUFFER|ERR_OUT_OF_RANGE)/.test(String(code)) || /tar header|Unexpected end/i.test(message);
}

export async function takeInventory(target: ScanTarget, signal: AbortSignal): Promise<Inventory> {
  const foreign = target.layers.filter((layer) => isForeign(layer.mediaType));
  const layers = target.layers.filter((layer) => !isForeign(layer.mediaType));
  const opened = layers.map((blob): Layer => ({ digest: blob.digest, open: () => openBlob(blob, signal) }));
  try {
    const inventory = await analyse(opened);
    const gaps = foreign.map((layer) => `layer ${layer.digest} is not in the registry`);
    return { ...inventory, gaps: [...inventory.gaps, ...gaps] };
  } catch (error) {
    if (error instanceof ScanFailure) throw error;
    const { message } = error as Error;
    const kind = isDamaged(error) ? 'FAILED' : 'TRANSIENT';
    throw new ScanFailure(kind, `A layer of ${target.name} cannot be read: ${message}`, { cause: error });
  }
}

/** Ecosystems of distributions: without advisories for these nothing can be said of an image. */
const isDistribution = (ecosystem: string) => ecosystem.includes(':') || /^(?:Wolfi|Chainguard)$/.test(ecosystem);
/** What packages have whose distribution is not known, and OSV has nothing by. */
const unknownDistributions: readonly string[] = ['Debian', 'Alpine', 'RPM'];

/** Gaps in what the database knows; throws when it knows nothing of the distribution, or of anything in the image. */
function checkCoverage(
  packages: readonly InstalledPackage[],
  database: Pick<AdvisoryDatabase, 'covers'>,
): readonly string[] {
  const byEcosystem = Map.groupBy(packages, (one) => one.ecosystem);
  const missing = [...byEcosystem.keys()].filter((ecosystem) => !database.covers(ecosystem)).sort();
  if (missing.some((ecosystem) => unknownDistributions.includes(ecosystem))) {
    throw new ScanFailure('UNSUPPORTED', unsupportedImage);
  }
  if (missing.some(isDistribution) || missing.length === byEcosystem.size) {
    throw new ScanFailure(
      'FAILED',
      `The vulnerability database has no advisories for ${missing.join(', ')}: see \`slipway scan-db update --ecosystem\`.`,
    );
  }
  return missing.map((ecosystem) => {
    const count = byEcosystem.get(ecosystem)!.length;
    return `${count} ${count === 1 ? 'package' : 'packages'} of ${ecosystem} were not judged: the database has no advisories for it`;
  });
}

export function createSlipwayEngine(options: {
  readonly databasePath: string;
  /** Where inventories are kept. */
  readonly inventories: string;
}): ScanEngine {
  const inventoryOf = async (target: ScanTarget, signal: AbortSignal): Promise<Inventory> => {
    const path = inventoryFile(options.inventories, target.manifest.digest);
    const known = await readInventory(path);
    if (known) return known;
    const inventory = await takeInventory(target, signal);
    await writeInventory(path, inventory);
    return inventory;
  };
  return {
    name: 'slipway',
    async scan(target, signal): Promise<ScanReport> {
      const database = openAdvisoryDatabase(options.databasePath);
      if (!database) throw new ScanFailure('FAILED', noDatabase);
      try {
        const { distribution, packages, gaps, unreadDatabase } = await inventoryOf(target, signal);
        if (unreadDatabase !== undefined || (packages.length === 0 && gaps.length > 0)) {
          throw new ScanFailure('FAILED', `The image could not be judged: ${gaps.join('; ')}.`);
        }
        if (packages.length === 0) throw new ScanFailure('UNSUPPORTED', unsupportedImage);
        const uncovered = checkCoverage(packages, database);
        return {
          sourceUpdatedAt: database.updatedAt,
          ...(distribution && { distribution }),
          packageCount: packages.length,
          vulnerabilities: findVulnerabilities(packages, database),
          gaps: [...gaps, ...uncovered],
        };
      } finally {
        database.close();
      }
    },
  };
}
