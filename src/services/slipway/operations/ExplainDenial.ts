import { encodeDenial } from '#auth/authorization-message.ts';
import type { Denial } from '#auth/authorize.ts';
import type { PolicyType } from '#policy/evaluate.ts';
import { explain, type StatementNote } from '#policy/explain.ts';
import { describeDecision } from '#policy/message.ts';
import { accountOf, nameOf } from '#policy/principal.ts';
import type { SlipwayOperation } from '../context.ts';
import { denialNotFound } from '../errors.ts';

export interface ExplainDenialInput {
  readonly requestId: string;
}

export interface ExplainDenialOutput {
  readonly requestId: string;
  readonly time: Date;
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  readonly resourceAccount: string;
  readonly region: string;
  /** What the caller was told. */
  readonly message: string;
  readonly outcome: 'explicitDeny' | 'implicitDeny';
  /** The first type of policy that should have allowed, and did not. */
  readonly missing?: PolicyType;
  /** What each type of policy said. */
  readonly findings: readonly string[];
  /** Every statement that names the action; `mismatch` says what of the request it did not fit. */
  readonly statements: readonly StatementNote[];
  /** Condition keys of the request. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
  /** For sts:DecodeAuthorizationMessage. */
  readonly encodedMessage?: string;
}

const ofResource: ReadonlySet<PolicyType> = new Set(['resource-based', 'trust']);

/** Across accounts each side reads its own policies only. */
function seenBy(account: string, { question, decision }: Denial): (policyType: PolicyType) => boolean {
  if (question.resourceAccount === account && !decision.isCrossAccount) return () => true;
  const isOwner = question.resourceAccount === account;
  return (policyType) => ofResource.has(policyType) === isOwner;
}

/** Why a request was refused, for the account of its caller and that of the resource; nobody else learns of it. */
export const ExplainDenial: SlipwayOperation<ExplainDenialInput, ExplainDenialOutput> = (ctx, { requestId }) => {
  const denial = ctx.deps.denials.find(requestId);
  if (!denial) throw denialNotFound(requestId);
  const { question, decision, at, region, message } = denial;
  const caller = accountOf(question.principal);
  const isCaller = caller === ctx.account;
  if (!isCaller && question.resourceAccount !== ctx.account) throw denialNotFound(requestId);
  const isSeen = seenBy(ctx.account, denial);
  const isWhole = isCaller || caller === undefined;
  const { missing } = decision;
  const encodedMessage = isCaller ? encodeDenial(ctx.deps.vault, denial) : undefined;
  return {
    requestId,
    time: new Date(at),
    principal: nameOf(question.principal),
    action: question.action,
    resource: question.resource,
    resourceAccount: question.resourceAccount,
    region,
    message,
    outcome: decision.kind === 'explicitDeny' ? 'explicitDeny' : 'implicitDeny',
    ...(missing !== undefined && { missing }),
    findings: describeDecision({ ...decision, trail: decision.trail.filter((step) => isSeen(step.policyType)) }),
    statements: explain(question).filter((note) => isSeen(note.policyType)),
    ...(isWhole && { context: Object.fromEntries(question.context) }),
    ...(encodedMessage !== undefined && { encodedMessage }),
  };
};
