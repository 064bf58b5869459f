/**
 * The SDK's schemas in a form that compilers of codecs can switch on. A schema is an array (9 operation, 3 structure, 4
 * union, 1 list, 2 map, 0 named simple type; negative: an error), a number (a simple type, or 64 / 128 plus one: a list
 * or map of it) or a function that answers one (schemas refer to each other in circles). A member is `[schema, traits]`
 * when it has traits of its own.
 */
export type Traits = Readonly<Record<string, unknown>>;

export type SimpleKind =
  | 'string'
  | 'number'
  | 'boolean'
  | 'blob'
  | 'timestamp'
  | 'bigInteger'
  | 'bigDecimal'
  | 'document';
export type TimestampFormat = 'default' | 'dateTime' | 'httpDate' | 'epochSeconds';

export interface Member {
  readonly name: string;
  readonly traits: Traits;
  readonly shape: () => Shape;
}
export interface StructureShape {
  readonly kind: 'structure';
  /** At most one member is present. */
  readonly union: boolean;
  readonly name: string;
  readonly traits: Traits;
  readonly members: readonly Member[];
  /** The first so many members must be present. */
  readonly requiredCount: number;
}
export interface ListShape {
  readonly kind: 'list';
  readonly traits: Traits;
  readonly member: Member;
}
export interface MapShape {
  readonly kind: 'map';
  readonly traits: Traits;
  readonly key: Member;
  readonly value: Member;
}
export interface SimpleShape {
  readonly kind: SimpleKind;
  readonly traits: Traits;
  readonly timestampFormat?: TimestampFormat;
}
export type Shape = StructureShape | ListShape | MapShape | SimpleShape;

export interface Operation {
  readonly name: string;
  readonly traits: Traits;
  readonly input: StructureShape;
  readonly output: StructureShape;
}

const flagNames = [
  'httpLabel',
  'idempotent',
  'idempotencyToken',
  'sensitive',
  'httpPayload',
  'httpResponseCode',
  'httpQueryParams',
] as const;

function toTraits(traits: unknown): Traits {
  if (typeof traits === 'object' && traits !== null) return traits as Traits;
  const bits = typeof traits === 'number' ? traits : 0;
  return Object.fromEntries(flagNames.filter((_, i) => (bits >> i) & 1).map((name) => [name, 1]));
}

const simpleKinds: Readonly<Record<number, SimpleKind>> = {
  0: 'string',
  1: 'number',
  2: 'boolean',
  15: 'document',
  17: 'bigInteger',
  19: 'bigDecimal',
  21: 'blob',
  42: 'blob',
};
const timestampFormats: readonly TimestampFormat[] = ['default', 'dateTime', 'httpDate', 'epochSeconds'];

function simpleShape(code: number): Shape {
  if (code >= 128) return { kind: 'map', traits: {}, key: toMember('key', 0), value: toMember('value', code - 128) };
  if (code >= 64) return { kind: 'list', traits: {}, member: toMember('member', code - 64) };
  if (code >= 4 && code <= 7) return { kind: 'timestamp', traits: {}, timestampFormat: timestampFormats[code - 4]! };
  const kind = simpleKinds[code];
  if (!kind) throw new Error(`unknown simple schema: ${code}`);
  return { kind, traits: {} };
}

const simpleShapes = new Map<number, Shape>();
const namedShapes = new WeakMap<object, Shape>();

function toMember(name: string, schema: unknown): Member {
  const hasTraits = Array.isArray(schema) && schema.length === 2;
  const reference: unknown = hasTraits ? schema[0] : schema;
  let shape: Shape | undefined;
  return {
    name,
    traits: hasTraits ? toTraits(schema[1]) : {},
    shape: () => {
      shape ??= toShape(reference);
      return shape;
    },
  };
}

function namedShape(schema: readonly unknown[]): Shape {
  const [kind, , name, traits] = schema as [number, string, string, unknown];
  switch (Math.abs(kind)) {
    case 0:
      return { ...toShape(schema[4]), traits: toTraits(traits) } as Shape;
    case 1:
      return { kind: 'list', traits: toTraits(traits), member: toMember('member', schema[4]) };
    case 2:
      return {
        kind: 'map',
        traits: toTraits(traits),
        key: toMember('key', schema[4]),
        value: toMember('value', schema[5]),
      };
    case 3:
    case 4: {
      const names = schema[4] as readonly string[];
      const schemas = schema[5] as readonly unknown[];
      return {
        kind: 'structure',
        union: Math.abs(kind) === 4,
        name,
        traits: toTraits(traits),
        members: names.map((memberName, i) => toMember(memberName, schemas[i])),
        requiredCount: typeof schema[6] === 'number' ? schema[6] : 0,
      };
    }
    default:
      throw new Error(`unknown kind of schema: ${kind}`);
  }
}

/** The shape of a schema; the same object for the same schema, so that compiled codecs can be kept by shape. */
export function toShape(schema: unknown): Shape {
  let target = schema;
  while (typeof target === 'function') target = target();
  if (typeof target === 'number') {
    const known = simpleShapes.get(target) ?? simpleShape(target);
    simpleShapes.set(target, known);
    return known;
  }
  // `unit` stands for "no input" or "no output".
  if (target === 'unit') return emptyStructure;
  if (!Array.isArray(target)) throw new Error(`not a schema: ${String(target)}`);
  if (target.length === 2) return toShape(target[0]);
  const known = namedShapes.get(target) ?? namedShape(target);
  namedShapes.set(target, known);
  return known;
}

const emptyStructure: StructureShape = {
  kind: 'structure',
  union: false,
  name: 'Unit',
  traits: {},
  members: [],
  requiredCount: 0,
};

function structureOf(schema: unknown): StructureShape {
  const shape = toShape(schema);
  if (shape.kind !== 'structure') throw new Error('an operation takes and gives structures');
  return shape;
}

export function isOperationSchema(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value[0] === 9;
}

export function toOperation(schema: readonly unknown[]): Operation {
  return {
    name: String(schema[2]),
    traits: toTraits(schema[3]),
    input: structureOf(schema[4]),
    output: structureOf(schema[5]),
  };
}

/** The structure of a modelled error, by its code; undefined for codes that the service does not model. */
export function errorShape(schemas: Readonly<Record<string, unknown>>, code: string): StructureShape | undefined {
  const schema = schemas[`${code}$`];
  return Array.isArray(schema) && schema[0] === -3 ? structureOf(schema) : undefined;
}
