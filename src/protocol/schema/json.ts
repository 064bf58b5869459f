/**
 * Schema → closures that read and write the JSON of AWS's protocols. Reading is strict: members that the schema does
 * not know are dropped, null counts as absent, a value of the wrong type is a SerializationException in AWS's words.
 */
import { serializationError } from '../errors.ts';
import type { ListShape, MapShape, Shape, SimpleShape, StructureShape } from './shape.ts';
import { formatDateTime, formatHttpDate, parseDateTime, parseHttpDate } from './timestamps.ts';

export type Convert = (value: unknown) => unknown;

/** Documents are the one place where depth is the client's choice. Deeper than this, walking them costs the stack. */
const maxDocumentDepth = 200;

function tokenOf(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return 'STRING_VALUE';
    case 'number':
      return Number.isInteger(value) ? 'NUMBER_VALUE' : 'DECIMAL_VALUE';
    case 'boolean':
      return value ? 'TRUE_VALUE' : 'FALSE_VALUE';
    default:
      return 'null';
  }
}

function wrongType(value: unknown, wanted: string): never {
  if (Array.isArray(value)) throw serializationError('Start of list found where not expected');
  if (typeof value === 'object') throw serializationError('Start of structure or map found where not expected.');
  throw serializationError(`${tokenOf(value)} cannot be converted to ${wanted}`);
}

function decodeNumber(value: unknown): number {
  if (typeof value !== 'number') wrongType(value, 'Integer');
  if (!Number.isFinite(value)) throw serializationError('Number out of range');
  return value;
}

function decodeBlob(value: unknown): Uint8Array {
  if (typeof value !== 'string') wrongType(value, 'Blob');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(value) || value.length % 4 === 1) throw serializationError('Invalid base64 data');
  return Buffer.from(value, 'base64');
}

function decodeTimestamp(shape: SimpleShape): Convert {
  const text = shape.timestampFormat === 'httpDate' ? parseHttpDate : parseDateTime;
  return (value) => {
    const epochMs =
      typeof value === 'number' ? value * 1000 : typeof value === 'string' ? text(value) : wrongType(value, 'Date');
    const date = new Date(Math.round(epochMs));
    if (Number.isNaN(date.getTime())) throw serializationError('Unable to parse the timestamp');
    return date;
  };
}

function checkDepth(value: unknown, left: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (left === 0) throw serializationError('The document is nested too deeply');
  for (const item of Object.values(value)) checkDepth(item, left - 1);
}

function simpleDecoder(shape: SimpleShape): Convert {
  switch (shape.kind) {
    case 'string':
      return (value) => (typeof value === 'string' ? value : wrongType(value, 'String'));
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? value : wrongType(value, 'Boolean'));
    case 'number':
    case 'bigInteger':
    case 'bigDecimal':
      return decodeNumber;
    case 'blob':
      return decodeBlob;
    case 'timestamp':
      return decodeTimestamp(shape);
    case 'document':
      return (value) => {
        checkDepth(value, maxDocumentDepth);
        return value;
      };
  }
}

function structureDecoder(shape: StructureShape): Convert {
  const fields = shape.members.map((member) => ({
    name: member.name,
    decode: lazily(() => jsonDecoder(member.shape())),
  }));
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      if (Array.isArray(value)) throw serializationError('Start of list found where not expected');
      throw serializationError('Unexpected field type');
    }
    const from = value as Record<string, unknown>;
    const out: Record<string, unknown> = {};
    for (const { name, decode } of fields) {
      if (!Object.hasOwn(from, name)) continue;
      const member = from[name];
      if (member !== null && member !== undefined) out[name] = decode(member);
    }
    return out;
  };
}

function listDecoder(shape: ListShape): Convert {
  const decode = lazily(() => jsonDecoder(shape.member.shape()));
  const sparse = 'sparse' in shape.traits;
  return (value) => {
    if (!Array.isArray(value)) {
      if (typeof value === 'object') throw serializationError('Start of structure or map found where not expected.');
      throw serializationError('Expected list or null');
    }
    return value.map((item) => {
      if (item !== null) return decode(item);
      if (sparse) return null;
      throw serializationError('null found where not expected in a list');
    });
  };
}

/** Sets a key that the client chose, `__proto__` included, as an ordinary member. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  else target[key] = value;
}

function mapDecoder(shape: MapShape): Convert {
  const decode = lazily(() => jsonDecoder(shape.value.shape()));
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw serializationError(
        Array.isArray(value) ? 'Start of list found where not expected' : 'Expected map or null',
      );
    }
    const out: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(value)) if (item !== null) setOwn(out, key, decode(item));
    return out;
  };
}

/** Schemas refer to each other in circles: what a member needs is compiled at its first use. */
function lazily(make: () => Convert): Convert {
  let made: Convert | undefined;
  return (value) => {
    made ??= make();
    return made(value);
  };
}

const decoders = new WeakMap<Shape, Convert>();
const encoders = new WeakMap<Shape, Convert>();

export function jsonDecoder(shape: Shape): Convert {
  const known = decoders.get(shape);
  if (known) return known;
  const made =
    shape.kind === 'structure'
      ? structureDecoder(shape)
      : shape.kind === 'list'
        ? listDecoder(shape)
        : shape.kind === 'map'
          ? mapDecoder(shape)
          : simpleDecoder(shape);
  decoders.set(shape, made);
  return made;
}

const encodeAsIs: Convert = (value) => value;

function simpleEncoder(shape: SimpleShape): Convert {
  switch (shape.kind) {
    case 'blob':
      return (value) => Buffer.from(value as Uint8Array).toString('base64');
    case 'timestamp':
      if (shape.timestampFormat === 'dateTime') return (value) => formatDateTime(value as Date);
      if (shape.timestampFormat === 'httpDate') return (value) => formatHttpDate(value as Date);
      return (value) => (value as Date).getTime() / 1000;
    default:
      return encodeAsIs;
  }
}

function structureEncoder(shape: StructureShape): Convert {
  const fields = shape.members.map((member) => ({
    name: member.name,
    encode: lazily(() => jsonEncoder(member.shape())),
  }));
  return (value) => {
    const from = value as Record<string, unknown>;
    const out: Record<string, unknown> = {};
    for (const { name, encode } of fields) {
      const member = from[name];
      if (member !== undefined && member !== null) out[name] = encode(member);
    }
    return out;
  };
}

function mapEncoder(shape: MapShape): Convert {
  const encode = lazily(() => jsonEncoder(shape.value.shape()));
  return (value) => {
    const out: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(value as Record<string, unknown>)) {
      if (item !== undefined && item !== null) setOwn(out, key, encode(item));
    }
    return out;
  };
}

/** To a value that JSON.stringify writes as the protocol wants it. Members that the schema does not know are left out. */
export function jsonEncoder(shape: Shape): Convert {
  const known = encoders.get(shape);
  if (known) return known;
  let made: Convert;
  if (shape.kind === 'structure') made = structureEncoder(shape);
  else if (shape.kind === 'list') {
    const encode = lazily(() => jsonEncoder(shape.member.shape()));
    made = (value) => (value as readonly unknown[]).map((item) => (item === null ? null : encode(item)));
  } else if (shape.kind === 'map') made = mapEncoder(shape);
  else made = simpleEncoder(shape);
  encoders.set(shape, made);
  return made;
}
