/**
 * Lengths, ranges, patterns and closed sets of a request's members, in the words of AWS's common request validator. All
 * broken constraints of a request come in one error; a value that is secret is never part of it.
 */
import { ServiceError } from './service.ts';

export interface TextRule {
  readonly min?: number;
  readonly max?: number;
  /** As AWS prints it; the whole value must match. */
  readonly pattern?: string;
  readonly values?: readonly string[];
  readonly secret?: boolean;
}

export interface NumberRule {
  readonly min?: number;
  readonly max?: number;
}

/** Collects what is broken; `check` throws it as one ValidationException, or by the name that the Query protocols give it. */
export class Constraints {
  readonly #found: string[] = [];

  #add(value: string | number, member: string, constraint: string): void {
    this.#found.push(`Value '${value}' at '${member}' failed to satisfy constraint: Member must ${constraint}`);
  }

  text(member: string, value: string | undefined, rule: TextRule): this {
    if (value === undefined) return this;
    const shown = rule.secret ? '***' : value;
    const length = [...value].length;
    if (rule.values && !rule.values.includes(value)) {
      this.#add(shown, member, `satisfy enum value set: [${rule.values.join(', ')}]`);
    }
    if (rule.min !== undefined && length < rule.min) {
      this.#add(shown, member, `have length greater than or equal to ${rule.min}`);
    }
    if (rule.max !== undefined && length > rule.max) {
      this.#add(shown, member, `have length less than or equal to ${rule.max}`);
    }
    if (rule.pattern !== undefined && !new RegExp(`^(?:${rule.pattern})$`, 'u').test(value)) {
      this.#add(shown, member, `satisfy regular expression pattern: ${rule.pattern}`);
    }
    return this;
  }

  number(member: string, value: number | undefined, { min, max }: NumberRule): this {
    if (value === undefined) return this;
    if (min !== undefined && value < min) this.#add(value, member, `have value greater than or equal to ${min}`);
    if (max !== undefined && value > max) this.#add(value, member, `have value less than or equal to ${max}`);
    return this;
  }

  /** How many members a list or map, or how many bytes a blob, may have; its content is not shown. */
  size(member: string, size: number | undefined, { min, max }: NumberRule): this {
    if (size === undefined) return this;
    if (min !== undefined && size < min) this.#add('***', member, `have length greater than or equal to ${min}`);
    if (max !== undefined && size > max) this.#add('***', member, `have length less than or equal to ${max}`);
    return this;
  }

  check(code: 'ValidationException' | 'ValidationError' = 'ValidationException'): void {
    const count = this.#found.length;
    if (count === 0) return;
    const noun = count === 1 ? '1 validation error' : `${count} validation errors`;
    throw new ServiceError(code, `${noun} detected: ${this.#found.join('; ')}`);
  }
}
