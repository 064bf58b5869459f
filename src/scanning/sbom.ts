/**
 * Bills of materials: what is installed in an image, in the two forms that tools read.
 * https://spdx.github.io/spdx-spec/v2.3/ · https://cyclonedx.org/docs/1.5/json/
 */
import { createHash } from 'node:crypto';
import type { InstalledPackage, Inventory } from './analyse.ts';

export const sbomFormats = ['spdx', 'cyclonedx'] as const;
export type SbomFormat = (typeof sbomFormats)[number];

export const sbomMediaTypes: Readonly<Record<SbomFormat, string>> = {
  spdx: 'application/spdx+json',
  cyclonedx: 'application/vnd.cyclonedx+json',
};

export interface SbomSubject {
  /** `<registry>/<repository>` */
  readonly name: string;
  readonly digest: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly toolVersion: string;
}

/** The same image has the same document, whatever the order in which packages were found. */
const inOrder = (packages: readonly InstalledPackage[]): InstalledPackage[] =>
  [...packages].sort((a, b) => (a.purl + a.path < b.purl + b.path ? -1 : 1));

const shortId = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

function toSpdx(inventory: Inventory, subject: SbomSubject): object {
  const root = `SPDXRef-image-${shortId(subject.digest)}`;
  const packages = inOrder(inventory.packages).map((one) => ({
    SPDXID: `SPDXRef-package-${shortId(`${one.purl} ${one.path}`)}`,
    name: one.name,
    versionInfo: one.version,
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    sourceInfo: `found in /${one.path} of layer ${one.layerDigest}`,
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: 'NOASSERTION',
    copyrightText: 'NOASSERTION',
    ...(one.license && { licenseComments: one.license }),
    externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: one.purl }],
  }));
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: subject.name,
    documentNamespace: `https://slipway.invalid/spdx/${subject.digest.replace(':', '/')}`,
    creationInfo: {
      creators: [`Tool: slipway-${subject.toolVersion}`],
      created: new Date(subject.createdAt).toISOString().replace(/\.\d+Z$/, 'Z'),
    },
    packages: [
      {
        SPDXID: root,
        name: subject.name,
        versionInfo: subject.digest,
        downloadLocation: 'NOASSERTION',
        filesAnalyzed: false,
        primaryPackagePurpose: 'CONTAINER',
        licenseConcluded: 'NOASSERTION',
        licenseDeclared: 'NOASSERTION',
        copyrightText: 'NOASSERTION',
      },
      ...packages,
    ],
    relationships: [
      { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: root },
      ...packages.map((one) => ({
        spdxElementId: root,
        relationshipType: 'CONTAINS',
        relatedSpdxElement: one.SPDXID,
      })),
    ],
  };
}

function toCycloneDx(inventory: Inventory, subject: SbomSubject): object {
  const { distribution } = inventory;
  const system = distribution && {
    type: 'operating-system',
    'bom-ref': `os:${distribution.id}:${distribution.versionId}`,
    name: distribution.id,
    version: distribution.versionId,
    description: distribution.name,
  };
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      timestamp: new Date(subject.createdAt).toISOString(),
      tools: { components: [{ type: 'application', name: 'slipway', version: subject.toolVersion }] },
      component: { type: 'container', 'bom-ref': subject.digest, name: subject.name, version: subject.digest },
    },
    components: [
      ...(system ? [system] : []),
      ...inOrder(inventory.packages).map((one) => ({
        type: 'library',
        'bom-ref': `${one.purl}#${shortId(one.path)}`,
        name: one.name,
        version: one.version,
        purl: one.purl,
        ...(one.license && { licenses: [{ license: { name: one.license } }] }),
        properties: [
          { name: 'slipway:path', value: `/${one.path}` },
          { name: 'slipway:layer', value: one.layerDigest },
        ],
      })),
    ],
  };
}

export function toSbom(format: SbomFormat, inventory: Inventory, subject: SbomSubject): object {
  return format === 'spdx' ? toSpdx(inventory, subject) : toCycloneDx(inventory, subject);
}
