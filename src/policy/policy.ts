/**
 * The policy room: IAM documents in, decisions out. `compilePolicy` reads and checks a document once; `evaluate`
 * (evaluate.ts) answers whether a principal may do something, and says which statement decided; `explain` (explain.ts)
 * says of every statement why it did not speak; `actions/` holds what each operation needs; `managed/` holds documents
 * that AWS publishes.
 *
 * It never looks anything up: who has which policies attached, whose a resource is and what a request carries is put
 * together by its callers, and so is the time (`aws:CurrentTime` is a key like any other).
 *
 * Invariants
 * - A compiled policy is never changed: it may be kept as long as the text it was made from.
 * - Nothing is allowed unless a statement says so; an explicit deny in any policy that applies ends the matter.
 * - What a policy says that this room does not understand is refused when it is compiled, never skipped.
 * - Time per evaluation grows with the statements that name the action or use wildcards, not with all of them.
 */
import { type Malformed, type PolicyKind, type PolicyVersion, readDocument } from './document.ts';
import type { Grant } from './principal-element.ts';
import { compileStatement, match, type Question, type Statement } from './statement.ts';

/** The statements of one effect, by what their actions begin with. Lists keep the document's order. */
interface Index {
  /** Statements that name the whole action, in lower case. */
  readonly byAction: ReadonlyMap<string, readonly Statement[]>;
  /** Statements with a wildcard behind the service's prefix. */
  readonly byService: ReadonlyMap<string, readonly Statement[]>;
  /** NotAction, and `*`. */
  readonly others: readonly Statement[];
}

export interface Policy {
  readonly kind: PolicyKind;
  readonly version: PolicyVersion;
  readonly id: string | undefined;
  readonly statements: readonly Statement[];
  readonly allows: Index;
  readonly denies: Index;
}

function append(lists: Map<string, Statement[]>, key: string, statement: Statement): void {
  const list = lists.get(key);
  if (!list) lists.set(key, [statement]);
  else if (list.at(-1) !== statement) list.push(statement);
}

function indexOf(statements: readonly Statement[]): Index {
  const byAction = new Map<string, Statement[]>();
  const byService = new Map<string, Statement[]>();
  const others: Statement[] = [];
  for (const statement of statements) {
    const prefixes = statement.actions.map((pattern) => {
      if (pattern.kind === 'any') return '*';
      const text = pattern.kind === 'tokens' ? String.fromCharCode(...pattern.codes) : pattern.text;
      return text.slice(0, text.indexOf(':'));
    });
    if (statement.notActions || prefixes.some((prefix) => prefix === '' || prefix.includes('*'))) {
      others.push(statement);
      continue;
    }
    for (const [at, pattern] of statement.actions.entries()) {
      if (pattern.kind === 'exact') append(byAction, pattern.text, statement);
      else append(byService, prefixes[at]!, statement);
    }
  }
  return { byAction, byService, others };
}

/**
 * Compiles a document (its text, or the value of its JSON). Answers the message of MalformedPolicyDocument where IAM
 * would refuse it; services with errors of their own put it in their own words.
 */
export function compilePolicy(source: unknown, kind: PolicyKind): Policy | Malformed {
  const document = readDocument(source, kind);
  if ('malformed' in document) return document;
  const hasVariables = document.version === '2012-10-17';
  const statements = document.statements.map((raw, index) => compileStatement(raw, index, hasVariables));
  return {
    kind,
    version: document.version,
    id: document.id,
    statements,
    allows: indexOf(statements.filter((statement) => statement.effect === 'Allow')),
    denies: indexOf(statements.filter((statement) => statement.effect === 'Deny')),
  };
}

export interface Match {
  readonly statement: Statement;
  readonly grant: Grant;
}

const nothing: readonly Statement[] = [];

/** The statement of one effect that speaks of the request; of several, the first of those that reach farthest. */
export function find(index: Index, question: Question): Match | undefined {
  let best: Match | undefined;
  const colon = question.action.indexOf(':');
  const lists = [
    index.byAction.get(question.action) ?? nothing,
    index.byService.get(question.action.slice(0, colon)) ?? nothing,
    index.others,
  ];
  for (const list of lists) {
    for (const statement of list) {
      const grant = match(statement, question);
      if (grant === 'direct') return { statement, grant };
      if (grant && (!best || (grant === 'entity' && best.grant === 'account'))) best = { statement, grant };
    }
  }
  return best;
}
