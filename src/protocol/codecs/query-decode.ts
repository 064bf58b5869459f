/**
 * Schema → closures that read a form's tree: structures by member name, lists as `Name.member.1` (or `Name.1` when
 * flattened), maps as `Name.entry.1.key` and `.value`. Text that is no value of its type is a ServiceError in the words
 * of AWS's Query front end.
 */

import { setOwn } from '../schema/json.ts';
import type { ListShape, MapShape, Member, Shape, SimpleShape, StructureShape } from '../schema/shape.ts';
import { parseDateTime, parseHttpDate } from '../schema/timestamps.ts';
import { ServiceError } from '../service.ts';
import type { FormNode } from './form.ts';

type Decode = (node: FormNode) => unknown;

const malformed = (message: string) => new ServiceError('MalformedInput', message);

function decodeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw malformed(`'${text}' is not a number`);
  return value;
}

function decodeBoolean(text: string): boolean {
  const lower = text.toLowerCase();
  if (lower !== 'true' && lower !== 'false') throw malformed(`'${text}' is neither true nor false`);
  return lower === 'true';
}

function decodeTimestamp(shape: SimpleShape, text: string): Date {
  const epochMs =
    shape.timestampFormat === 'httpDate'
      ? parseHttpDate(text)
      : /^-?\d+(\.\d+)?$/.test(text)
        ? Number(text) * 1000
        : parseDateTime(text);
  const date = new Date(epochMs);
  if (Number.isNaN(date.getTime())) throw malformed(`'${text}' is not a timestamp`);
  return date;
}

function simpleDecoder(shape: SimpleShape): Decode {
  const read = (text: string): unknown => {
    switch (shape.kind) {
      case 'number':
      case 'bigInteger':
      case 'bigDecimal':
        return decodeNumber(text);
      case 'boolean':
        return decodeBoolean(text);
      case 'timestamp':
        return decodeTimestamp(shape, text);
      case 'blob':
        return Buffer.from(text, 'base64');
      default:
        return text;
    }
  };
  return (node) => (node.value === undefined ? undefined : read(node.value));
}

/** The items under `1`, `2`, … in order of their numbers; other names are ignored. */
function numbered(node: FormNode): FormNode[] {
  return [...node.children]
    .filter(([key]) => /^[1-9]\d{0,8}$/.test(key))
    .sort((a, b) => Number(a[0]) - Number(b[0]))
    .map(([, child]) => child);
}

const nameOf = (member: Member): string => String(member.traits['xmlName'] ?? member.name);

function listDecoder(shape: ListShape, flat: boolean): Decode {
  const itemName = nameOf(shape.member);
  let decode: Decode | undefined;
  return (node) => {
    const items = flat ? node : node.children.get(itemName);
    // `Name=` with no value is how a client writes the empty list.
    if (!items) return node.value === '' ? [] : undefined;
    decode ??= queryDecoder(shape.member.shape());
    return numbered(items).map((item) => decode!(item));
  };
}

function mapDecoder(shape: MapShape, flat: boolean): Decode {
  let decode: Decode | undefined;
  return (node) => {
    const entries = flat ? node : node.children.get('entry');
    if (!entries) return undefined;
    decode ??= queryDecoder(shape.value.shape());
    const out: Record<string, unknown> = {};
    for (const entry of numbered(entries)) {
      const key = entry.children.get(nameOf(shape.key))?.value;
      const value = entry.children.get(nameOf(shape.value));
      if (key !== undefined && value) setOwn(out, key, decode(value));
    }
    return out;
  };
}

function structureDecoder(shape: StructureShape): Decode {
  let fields: { readonly name: string; readonly wireName: string; readonly decode: Decode }[] | undefined;
  return (node) => {
    fields ??= shape.members.map((member) => ({
      name: member.name,
      wireName: nameOf(member),
      decode: memberDecoder(member),
    }));
    const out: Record<string, unknown> = {};
    for (const { name, wireName, decode } of fields) {
      const child = node.children.get(wireName);
      const value = child && decode(child);
      if (value !== undefined) out[name] = value;
    }
    return out;
  };
}

function memberDecoder(member: Member): Decode {
  const shape = member.shape();
  const flat = 'xmlFlattened' in member.traits || 'xmlFlattened' in shape.traits;
  if (flat && shape.kind === 'list') return listDecoder(shape, true);
  if (flat && shape.kind === 'map') return mapDecoder(shape, true);
  return queryDecoder(shape);
}

const decoders = new WeakMap<Shape, Decode>();

export function queryDecoder(shape: Shape): Decode {
  const known = decoders.get(shape);
  if (known) return known;
  const made =
    shape.kind === 'structure'
      ? structureDecoder(shape)
      : shape.kind === 'list'
        ? listDecoder(shape, false)
        : shape.kind === 'map'
          ? mapDecoder(shape, false)
          : simpleDecoder(shape);
  decoders.set(shape, made);
  return made;
}
