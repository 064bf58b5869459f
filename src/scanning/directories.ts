/** Where scanning keeps its files in the data directory. */
import { join } from 'node:path';

export const scanDatabaseDirectory = (dataDir: string): string => join(dataDir, 'scan-db');
export const scanDatabaseFile = (dataDir: string): string => join(scanDatabaseDirectory(dataDir), 'osv.sqlite');
/** What OSV exports, as it was downloaded. */
export const exportsDirectory = (dataDir: string): string => join(scanDatabaseDirectory(dataDir), 'exports');

export interface ScanDirectories {
  readonly findings: string;
  readonly inventories: string;
  /** Of scans under way; nothing in it survives a start. */
  readonly work: string;
}

export function scanDirectories(dataDir: string): ScanDirectories {
  const root = join(dataDir, 'scans');
  return { findings: join(root, 'findings'), inventories: join(root, 'inventories'), work: join(root, 'work') };
}
