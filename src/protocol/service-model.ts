/** A loaded service: its operations, compiled per protocol at their first use and kept. */
import type { Permissions } from './authorize.ts';
import type { Codec, OperationCodec } from './codecs/codec.ts';
import { requiredChecker } from './schema/required.ts';
import { errorShape, isOperationSchema, type StructureShape, toOperation } from './schema/shape.ts';
import type { Handler, LoadedService, ServiceDefinition } from './service.ts';

export interface ServedOperation extends OperationCodec {
  readonly name: string;
  /** Paths of required members that an input lacks. */
  readonly missing: (input: unknown) => string[];
  /** Absent when the operation exists at AWS and not here. */
  readonly handler: Handler | undefined;
  readonly permissions: Permissions;
}

export interface ServiceModel {
  /** Undefined when AWS has no such operation either. */
  operation(codec: Codec, name: string): ServedOperation | undefined;
  errorShape(code: string): StructureShape | undefined;
}

function createModel(service: ServiceDefinition, loaded: LoadedService): ServiceModel {
  const served = new Map<string, ServedOperation>();
  const errors = new Map<string, StructureShape | undefined>();
  return {
    operation(codec, name) {
      const id = `${codec.protocol} ${name}`;
      const known = served.get(id);
      if (known) return known;
      const key = `${name}$`;
      const schema = Object.hasOwn(loaded.schemas, key) ? loaded.schemas[key] : undefined;
      if (!isOperationSchema(schema)) return undefined;
      const operation = toOperation(schema);
      const made: ServedOperation = {
        name,
        ...codec.compile(service, operation),
        missing: requiredChecker(operation.input),
        handler: Object.hasOwn(loaded.handlers, name) ? loaded.handlers[name] : undefined,
        permissions: loaded.permissions?.[name] ?? (() => ({ action: `${service.name}:${name}`, resource: '*' })),
      };
      served.set(id, made);
      return made;
    },
    errorShape(code) {
      if (!errors.has(code)) errors.set(code, errorShape(loaded.schemas, code));
      return errors.get(code);
    },
  };
}

/** Loads each service once, at its first request; a failed load is tried again at the next. */
export function createServiceModels(): {
  get(service: ServiceDefinition): ServiceModel | Promise<ServiceModel>;
  loaded(service: ServiceDefinition): ServiceModel | undefined;
} {
  const models = new Map<string, ServiceModel>();
  const loading = new Map<string, Promise<ServiceModel>>();
  async function load(service: ServiceDefinition): Promise<ServiceModel> {
    try {
      const model = createModel(service, await service.load());
      models.set(service.name, model);
      return model;
    } finally {
      loading.delete(service.name);
    }
  }
  return {
    loaded: (service) => models.get(service.name),
    get(service) {
      const model = models.get(service.name);
      if (model) return model;
      const pending = loading.get(service.name) ?? load(service);
      if (!models.has(service.name)) loading.set(service.name, pending);
      return pending;
    },
  };
}
