/**
 * Lengths, ranges and patterns of the request's members. All broken constraints of a request come in one
 * InvalidParameterException, in the words that AWS's services use for it.
 */
import { invalidParameter } from './errors.ts';

interface TextRule {
  readonly min?: number;
  readonly max?: number;
  /** As AWS prints it; the whole value must match. */
  readonly pattern?: string;
  readonly values?: readonly string[];
}

interface NumberRule {
  readonly min?: number;
  readonly max?: number;
  readonly values?: readonly number[];
}

export const rules = {
  logGroupName: { min: 1, max: 512, pattern: '[\\.\\-_/#A-Za-z0-9]+' },
  logGroupIdentifier: { min: 1, max: 2048, pattern: '[\\w#+=/:,.@-]*' },
  logStreamName: { min: 1, max: 512, pattern: '[^:*]*' },
  arn: { min: 1, max: 1011, pattern: '[\\w+=/:,.@-]*' },
  tagKey: { min: 1, max: 128, pattern: '([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+)' },
  tagValue: { max: 256, pattern: '([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)' },
  nextToken: { min: 1 },
} as const satisfies Readonly<Record<string, TextRule>>;

/** Collects a request's violations; `check` throws them all. */
export class Violations {
  readonly #found: string[] = [];

  #add(value: string | number, member: string, constraint: string): void {
    this.#found.push(`Value '${value}' at '${member}' failed to satisfy constraint: Member must ${constraint}`);
  }

  text(member: string, value: string | undefined, rule: TextRule): this {
    if (value === undefined) return this;
    if (rule.values && !rule.values.includes(value)) {
      this.#add(value, member, `satisfy enum value set: [${rule.values.join(', ')}]`);
    }
    if (rule.min !== undefined && value.length < rule.min) {
      this.#add(value, member, `have length greater than or equal to ${rule.min}`);
    }
    if (rule.max !== undefined && value.length > rule.max) {
      this.#add(value, member, `have length less than or equal to ${rule.max}`);
    }
    if (rule.pattern !== undefined && !new RegExp(`^(?:${rule.pattern})$`, 'u').test(value)) {
      this.#add(value, member, `satisfy regular expression pattern: ${rule.pattern}`);
    }
    return this;
  }

  number(member: string, value: number | undefined, rule: NumberRule): this {
    if (value === undefined) return this;
    if (rule.values && !rule.values.includes(value)) {
      this.#add(value, member, `satisfy enum value set: [${rule.values.join(', ')}]`);
    }
    if (rule.min !== undefined && value < rule.min) {
      this.#add(value, member, `have value greater than or equal to ${rule.min}`);
    }
    if (rule.max !== undefined && value > rule.max) {
      this.#add(value, member, `have value less than or equal to ${rule.max}`);
    }
    return this;
  }

  /** How many members a list or map may have. */
  size(member: string, shown: string, size: number, min: number, max: number): this {
    if (size < min) this.#add(shown, member, `have length greater than or equal to ${min}`);
    if (size > max) this.#add(shown, member, `have length less than or equal to ${max}`);
    return this;
  }

  tags(member: string, tags: Readonly<Record<string, string>> | undefined): this {
    if (tags === undefined) return this;
    this.size(member, JSON.stringify(tags), Object.keys(tags).length, 1, 50);
    for (const [key, value] of Object.entries(tags)) {
      this.text(`${member}.key`, key, rules.tagKey).text(`${member}.${key}.member`, value, rules.tagValue);
    }
    return this;
  }

  check(): void {
    const count = this.#found.length;
    if (count === 0) return;
    const noun = count === 1 ? '1 validation error' : `${count} validation errors`;
    throw invalidParameter(`${noun} detected: ${this.#found.join('; ')}`);
  }
}
