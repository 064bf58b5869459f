/**
 * Compiled policies. A compiled policy depends on its text alone and is kept under that very text, so what is kept here
 * can never outlive a change of policy: a changed document is another text.
 */
import { type PolicyKind, policyKinds } from '#policy/document.ts';
import { documentOf, type ManagedPolicy } from '#policy/managed/managed-policy.ts';
import { compilePolicy, type Policy } from '#policy/policy.ts';

/** Beyond so much text the documents that came first go. Compiled, a document takes about ten times its text. */
const maxKeptCharacters = 4 * 1024 * 1024;
/** What even the shortest document counts for. */
const leastCharacters = 300;
const sizeOf = (document: string) => document.length + leastCharacters;

/** What stands in for a document that cannot be read (none is stored unread): nothing is allowed where it is attached. */
function denyEverything(kind: PolicyKind): Policy {
  const statement = { Effect: 'Deny', Action: '*', ...(kind === 'resource' ? { Principal: '*' } : { Resource: '*' }) };
  const asked = kind === 'trust' ? { Effect: 'Deny', Principal: '*', Action: 'sts:AssumeRole*' } : statement;
  const policy = compilePolicy({ Version: '2012-10-17', Statement: [asked] }, kind);
  if ('malformed' in policy) throw new Error(policy.malformed);
  return policy;
}

/** By the text itself: a row's text is the same string at every request, so looking it up does not read it. */
const kept = new Map<PolicyKind, Map<string, Policy>>(policyKinds.map((kind) => [kind, new Map()]));
const order: { readonly kind: PolicyKind; readonly document: string }[] = [];
let keptCharacters = 0;

function keep(kind: PolicyKind, document: string, policy: Policy): void {
  kept.get(kind)!.set(document, policy);
  order.push({ kind, document });
  keptCharacters += sizeOf(document);
  while (keptCharacters > maxKeptCharacters) {
    const oldest = order.shift()!;
    kept.get(oldest.kind)!.delete(oldest.document);
    keptCharacters -= sizeOf(oldest.document);
  }
}

/** The compiled policy of a document; one that denies everything where the text is no policy. */
export function policyOf(document: string, kind: PolicyKind): Policy {
  const known = kept.get(kind)!.get(document);
  if (known) return known;
  const compiled = compilePolicy(document, kind);
  const policy = 'malformed' in compiled ? denyEverything(kind) : compiled;
  keep(kind, document, policy);
  return policy;
}

const published = new Map<string, Policy>();

/** AWS's own managed policies never change while a process runs. */
export function publishedPolicyOf(arn: string, managed: ManagedPolicy): Policy {
  const known = published.get(arn);
  if (known) return known;
  const policy = policyOf(JSON.stringify(documentOf(managed)), 'identity');
  published.set(arn, policy);
  return policy;
}
