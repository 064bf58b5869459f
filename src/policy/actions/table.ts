/**
 * What each operation of a service needs: its IAM actions, the resources they act on, and the condition keys that a
 * request for them carries. The facts are those of AWS's service authorization reference.
 *
 * https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
export type AccessLevel = 'List' | 'Read' | 'Write' | 'Tagging' | 'Permissions management';

export interface ResourceType {
  /** `arn:{Partition}:ecs:{Region}:{Account}:cluster/{ClusterName}` */
  readonly arn: string;
  readonly keys?: readonly string[];
}

export interface Action {
  readonly access: AccessLevel;
  /** Names of resource types; one that must be given ends in `*`. None: the resource is `*`. */
  readonly on?: readonly string[];
  /** Condition keys besides the global ones and those of the resources. */
  readonly keys?: readonly string[];
  /** Actions that the caller also needs where the request asks for what they do: sets tags, hands over a role. */
  readonly dependent?: readonly string[];
}

export interface ActionTable {
  /** What the actions begin with: `ecs`. */
  readonly prefix: string;
  readonly resources: Readonly<Record<string, ResourceType>>;
  readonly actions: Readonly<Record<string, Action>>;
  /** Operations that the reference does not list: their action is called as they are, and its resource is `*`. */
  readonly unlisted: readonly string[];
  /** Operations that every caller may do, whatever policies say. */
  readonly free?: readonly string[];
}

/** The action that an operation needs, as policies write it; undefined for an operation that the table lacks. */
export function actionOf(table: ActionTable, operation: string): string | undefined {
  const isKnown = Object.hasOwn(table.actions, operation) || table.unlisted.includes(operation);
  return isKnown ? `${table.prefix}:${operation}` : undefined;
}

/** The names of its resource types; what must be given, and what may. */
export function resourceTypesOf(action: Action): { readonly name: string; readonly isRequired: boolean }[] {
  return (action.on ?? []).map((name) => ({ name: name.replace(/\*$/, ''), isRequired: name.endsWith('*') }));
}

/** Every key, besides the global ones, that a request for the action may carry; `{TagKey}` stands for any tag's key. */
export function conditionKeysOf(table: ActionTable, action: Action): ReadonlySet<string> {
  const ofResources = resourceTypesOf(action).flatMap(({ name }) => table.resources[name]?.keys ?? []);
  return new Set([...(action.keys ?? []), ...ofResources]);
}
