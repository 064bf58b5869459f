/** What is wrong with a resource policy, in the terms of ValidateResourcePolicy. */
import type { ValidationErrorsEntry } from '@aws-sdk/client-secrets-manager';
import { compilePolicy } from '#policy/policy.ts';
import { Constraints } from '#protocol/constraints.ts';

const MAX_POLICY_LENGTH = 20_480;

/** Keys by which a condition names who may come in. */
const narrowing =
  /^aws:(sourcearn|sourceaccount|sourceorgid|principalarn|principalaccount|principalorgid|principalorgpaths|sourcevpc|sourcevpce|sourceip|userid|principaltag\/.*)$/i;

interface Statement {
  readonly Effect?: string;
  readonly Principal?: string | Readonly<Record<string, string | readonly string[]>>;
  readonly NotPrincipal?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const names = (principal: Statement['Principal']): string[] =>
  typeof principal === 'string' ? [principal] : Object.values(principal ?? {}).flat();

function isPublic(statement: Statement): boolean {
  if (statement.Effect !== 'Allow') return false;
  const isEveryone = names(statement.Principal).includes('*') || statement.NotPrincipal !== undefined;
  const keys = Object.values(statement.Condition ?? {}).flatMap((pairs) => Object.keys(pairs));
  return isEveryone && !keys.some((key) => narrowing.test(key));
}

export interface Finding {
  readonly malformed?: string;
  readonly isPublic: boolean;
}

export function findingsOf(policy: string): Finding {
  new Constraints().text('resourcePolicy', policy, { min: 1, max: MAX_POLICY_LENGTH }).check();
  const compiled = compilePolicy(policy, 'resource');
  if ('malformed' in compiled) return { malformed: compiled.malformed, isPublic: false };
  return { isPublic: [JSON.parse(policy).Statement].flat().some(isPublic) };
}

export function toErrors({ malformed, isPublic: open }: Finding): ValidationErrorsEntry[] {
  return [
    ...(malformed ? [{ CheckName: 'MALFORMED_POLICY', ErrorMessage: malformed }] : []),
    ...(open
      ? [{ CheckName: 'PUBLIC_POLICY', ErrorMessage: 'The resource policy grants broad access to the secret.' }]
      : []),
  ];
}
