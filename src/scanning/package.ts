/** What is installed in an image, as the analysers of `packages/` find it and the vulnerability database is asked for it. */
export interface Package {
  /** OSV's name of the ecosystem, with the release where it has one: `Debian:12`, `Alpine:v3.19`, `npm`, `PyPI`, `Go`, `Maven`. */
  readonly ecosystem: string;
  readonly name: string;
  readonly version: string;
  /** The package that it was built from, under which distributions publish advisories. */
  readonly source?: { readonly name: string; readonly version: string };
  readonly arch?: string;
  readonly license?: string;
  /** Path of the file in the image that says so. */
  readonly path: string;
  /** https://github.com/package-url/purl-spec */
  readonly purl: string;
}

/** The distribution, from /etc/os-release. */
export interface Distribution {
  /** `debian`, `ubuntu`, `alpine`, `rhel`, `rocky` … */
  readonly id: string;
  /** `12`, `3.19.1` */
  readonly versionId: string;
  readonly name: string;
}

/** A file of the image that an analyser has asked for. */
export interface ImageFile {
  /** Absolute, without a leading slash. */
  readonly path: string;
  readonly bytes: Buffer;
}

export interface Analyser {
  readonly name: string;
  /** Asked for every path of every layer: cheap. */
  readonly wants: (path: string) => boolean;
  /** What a file says is installed; [] for one that cannot be read. */
  readonly read: (file: ImageFile, distribution: Distribution | undefined) => readonly Package[];
}

const escaped = (text: string) => encodeURIComponent(text).replaceAll('%3A', ':').replaceAll('%2F', '/');

export function purlOf(
  type: string,
  name: string,
  version: string,
  qualifiers: Readonly<Record<string, string | undefined>> = {},
): string {
  const given = Object.entries(qualifiers).filter(([, value]) => value);
  const query = given.map(([key, value]) => `${key}=${encodeURIComponent(value!)}`).join('&');
  return `pkg:${type}/${escaped(name)}@${encodeURIComponent(version)}${query && `?${query}`}`;
}
