/**
 * The operator's file that says which images need a signature, and whose:
 *
 *   { "rules": [ { "prefix": "prod/", "keys": ["cosign.pub"], "annotations": { "env": "prod" } },
 *                { "prefix": "prod/scratch/", "registry": "123456789012.us-east-1", "keys": [] } ] }
 *
 * The rule with the longest prefix of a repository's name counts; of two as long, the one that names the registry. One
 * good signature by one of its keys is enough; without keys none is needed. A repository that no rule speaks of is left alone.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Registry } from '#model/ecr.ts';

export interface SignatureRule {
  readonly prefix: string;
  /** `<account>.<region>`, or `public.<account>`; absent: any. */
  readonly registry?: string;
  readonly keys: readonly KeyObject[];
  /** What the signature itself must say besides. */
  readonly annotations: Readonly<Record<string, string>>;
}

export interface SignaturePolicy {
  /** Most particular first. */
  readonly rules: readonly SignatureRule[];
  /** Files that it is made of. */
  readonly files: readonly string[];
}

/** The message is for the operator. */
export class PolicyError extends Error {}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const ruleMembers = ['prefix', 'registry', 'keys', 'annotations'];

function parseKey(text: string, where: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPublicKey(text);
  } catch (error) {
    throw new PolicyError(`${where} is no public key in PEM (${(error as Error).message})`);
  }
  if (!['ec', 'rsa', 'ed25519'].includes(key.asymmetricKeyType ?? ''))
    throw new PolicyError(`${where}: keys of type ${key.asymmetricKeyType} are not supported`);
  return key;
}

function parseRule(rule: unknown, where: string, readKey: (given: string) => string): SignatureRule {
  if (!isObject(rule)) throw new PolicyError(`${where} must be an object`);
  const unknown = Object.keys(rule).find((name) => !ruleMembers.includes(name));
  if (unknown) throw new PolicyError(`${where} has a member "${unknown}", which means nothing`);
  const { prefix, registry, keys, annotations = {} } = rule;
  if (typeof prefix !== 'string') throw new PolicyError(`${where}.prefix must be a text; "" is every repository`);
  if (
    registry !== undefined &&
    !(typeof registry === 'string' && /^(\d{12}\.[a-z0-9-]+|public\.\d{12})$/.test(registry))
  )
    throw new PolicyError(`${where}.registry must be <account>.<region> or public.<account>`);
  if (!Array.isArray(keys) || keys.some((key) => typeof key !== 'string'))
    throw new PolicyError(`${where}.keys must be a list of files, or of public keys in PEM`);
  if (!isObject(annotations) || Object.values(annotations).some((value) => typeof value !== 'string'))
    throw new PolicyError(`${where}.annotations must be an object of texts`);
  return {
    prefix,
    ...(registry !== undefined && { registry }),
    keys: keys.map((key: string, index) => parseKey(readKey(key), `${where}.keys[${index}]`)),
    annotations: annotations as Record<string, string>,
  };
}

/** Files of keys are named from where the policy's file is. Throws PolicyError. */
export function readSignaturePolicy(file: string): SignaturePolicy {
  const files = [file];
  const read = (name: string): string => {
    try {
      return readFileSync(name, 'utf8');
    } catch (error) {
      throw new PolicyError((error as Error).message);
    }
  };
  const readKey = (given: string) => {
    if (given.includes('-----BEGIN')) return given;
    const name = path.resolve(path.dirname(file), given);
    files.push(name);
    return read(name);
  };
  let document: unknown;
  const text = read(file);
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new PolicyError(`${file} is not JSON: ${(error as Error).message}`);
  }
  if (!isObject(document) || !Array.isArray(document['rules']))
    throw new PolicyError(`${file} must be an object with a list "rules"`);
  const rules = document['rules'].map((rule, index) => parseRule(rule, `${file}: rules[${index}]`, readKey));
  rules.sort((a, b) => b.prefix.length - a.prefix.length || Number(Boolean(b.registry)) - Number(Boolean(a.registry)));
  return { rules, files };
}

const registryName = ({ kind, account, region }: Registry) =>
  kind === 'public' ? `public.${account}` : `${account}.${region}`;

/** Undefined where no signature is needed. */
export function ruleFor(policy: SignaturePolicy, registry: Registry, name: string): SignatureRule | undefined {
  const own = registryName(registry);
  const rule = policy.rules.find((one) => name.startsWith(one.prefix) && (one.registry ?? own) === own);
  return rule && rule.keys.length > 0 ? rule : undefined;
}
