/** Schema → closures that write the XML of the Query and REST-XML protocols. They answer the content of an element. */
import type { ListShape, MapShape, Member, Shape, SimpleShape, StructureShape } from './shape.ts';
import { formatDateTime, formatHttpDate } from './timestamps.ts';

export type EncodeXml = (value: unknown) => string;

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
// Characters that XML 1.0 cannot carry at all are replaced: a reply that no client can parse would be worse.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unsendable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

export const escapeXml = (text: string): string =>
  text
    .toWellFormed()
    .replace(unsendable, '\ufffd')
    .replace(/[&<>"]/g, (char) => escapes[char]!)
    .replaceAll('\r', '&#xD;');

const nameOf = (member: Member): string => String(member.traits['xmlName'] ?? member.name);

function simpleEncoder(shape: SimpleShape): EncodeXml {
  switch (shape.kind) {
    case 'blob':
      return (value) => Buffer.from(value as Uint8Array).toString('base64');
    case 'timestamp':
      if (shape.timestampFormat === 'httpDate') return (value) => formatHttpDate(value as Date);
      if (shape.timestampFormat === 'epochSeconds') return (value) => String((value as Date).getTime() / 1000);
      return (value) => formatDateTime(value as Date);
    default:
      return (value) => escapeXml(String(value));
  }
}

const element = (name: string, content: string) => `<${name}>${content}</${name}>`;

function listItems(shape: ListShape, itemName: string): EncodeXml {
  let encode: EncodeXml | undefined;
  return (value) => {
    encode ??= xmlEncoder(shape.member.shape());
    let out = '';
    for (const item of value as readonly unknown[]) out += element(itemName, item === null ? '' : encode(item));
    return out;
  };
}

function mapEntries(shape: MapShape, entryName: string): EncodeXml {
  let encode: EncodeXml | undefined;
  return (value) => {
    encode ??= xmlEncoder(shape.value.shape());
    let out = '';
    for (const [key, item] of Object.entries(value as Record<string, unknown>)) {
      const pair = element(nameOf(shape.key), escapeXml(key)) + element(nameOf(shape.value), encode(item));
      out += element(entryName, pair);
    }
    return out;
  };
}

function memberEncoder(member: Member): EncodeXml {
  const shape = member.shape();
  const name = nameOf(member);
  const flat = 'xmlFlattened' in member.traits || 'xmlFlattened' in shape.traits;
  if (flat && shape.kind === 'list') return listItems(shape, name);
  if (flat && shape.kind === 'map') return mapEntries(shape, name);
  const content = xmlEncoder(shape);
  return (value) => element(name, content(value));
}

function structureEncoder(shape: StructureShape): EncodeXml {
  let fields: { readonly name: string; readonly encode: EncodeXml }[] | undefined;
  return (value) => {
    fields ??= shape.members.map((member) => ({ name: member.name, encode: memberEncoder(member) }));
    const from = value as Record<string, unknown>;
    let out = '';
    for (const { name, encode } of fields) {
      const member = from[name];
      if (member !== undefined && member !== null) out += encode(member);
    }
    return out;
  };
}

const encoders = new WeakMap<Shape, EncodeXml>();

export function xmlEncoder(shape: Shape): EncodeXml {
  const known = encoders.get(shape);
  if (known) return known;
  const made =
    shape.kind === 'structure'
      ? structureEncoder(shape)
      : shape.kind === 'list'
        ? listItems(shape, nameOf(shape.member))
        : shape.kind === 'map'
          ? mapEntries(shape, 'entry')
          : simpleEncoder(shape);
  encoders.set(shape, made);
  return made;
}
