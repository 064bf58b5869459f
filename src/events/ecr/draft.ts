/** What the events of ECR have in common. */
/** What a service says of an event; the log adds version, id and time. */
export interface EventDraft {
  readonly source: string;
  readonly detailType: string;
  readonly account: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface Repository {
  readonly arn: string;
  readonly account: string;
  readonly region: string;
  readonly name: string;
}

/** Undefined for public repositories. */
export function repositoryOf(arn: string): Repository | undefined {
  const [, , service, region, account, path] = arn.split(':');
  if (service !== 'ecr') return undefined;
  return { arn, account: account!, region: region!, name: path!.slice('repository/'.length) };
}

/** A row before and after a transaction. */
export interface Folded<R> {
  readonly before: R | undefined;
  readonly after: R | undefined;
}
