/** Which images of a newer index stand in the place of some of an older one: those for the same platforms. */
interface Entry {
  readonly digest?: unknown;
  readonly platform?: Readonly<Record<string, unknown>>;
  readonly annotations?: Readonly<Record<string, unknown>>;
}

function entriesOf(index: Buffer): Entry[] {
  const { manifests } = JSON.parse(index.toString());
  return Array.isArray(manifests) ? manifests.filter((one) => typeof one === 'object' && one !== null) : [];
}

function platformOf({ platform, annotations }: Entry): string | undefined {
  if (!platform) return undefined;
  const type = annotations?.['vnd.docker.reference.type'];
  return [platform['os'], platform['architecture'], platform['variant'], platform['os.version'], type].join('/');
}

/** Digests in `newer`; `wanted` are digests in `older`. */
export function sameChildren(older: Buffer, newer: Buffer, wanted: ReadonlySet<string>): string[] {
  const platforms = new Set(
    entriesOf(older)
      .filter((entry) => wanted.has(String(entry.digest)))
      .map(platformOf),
  );
  platforms.delete(undefined);
  return entriesOf(newer)
    .filter((entry) => platforms.has(platformOf(entry)))
    .map((entry) => String(entry.digest));
}
