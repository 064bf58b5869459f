/**
 * ListContainerInstances' filter: a cluster query asked about each instance.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-query-language.html
 */
import type { ContainerInstanceRow } from '#model/rows.ts';
import { matchesQuery } from '#placement/query-language/evaluate.ts';
import type { QueriedInstance } from '#placement/query-language/expression.ts';
import { QuerySyntaxError } from '#placement/query-language/lexer.ts';
import { parseQuery } from '#placement/query-language/parse.ts';
import type { View } from '#store/store.ts';
import { tasks } from '#store/tables/ecs.ts';
import { invalidParameter } from './errors.ts';

function queried(view: View, row: ContainerInstanceRow): QueriedInstance {
  let groups: ReadonlySet<string> | undefined;
  const taskGroups = () => {
    groups ??= new Set([...view.find(tasks, 'liveByContainerInstance', row.arn)].map((task) => task.group));
    return groups;
  };
  return {
    ec2InstanceId: row.ec2InstanceId,
    agentConnected: row.agentConnected,
    agentVersion: row.versionInfo.agentVersion,
    registeredAt: row.registeredAt,
    runningTasksCount: view.sum(tasks, 'byContainerInstance', row.arn)['running']!,
    attributes: new Map(row.attributes.map((attribute) => [attribute.name!, attribute.value ?? ''])),
    hasTaskGroup: (group) => taskGroups().has(group),
    taskGroups,
  };
}

/** Answers a predicate; InvalidParameterException for a query that cannot be read. */
export function instanceFilter(view: View, query: string): (row: ContainerInstanceRow) => boolean {
  try {
    const expression = parseQuery(query);
    return (row) => matchesQuery(expression, queried(view, row));
  } catch (error) {
    if (error instanceof QuerySyntaxError) throw invalidParameter(`Invalid filter: ${error.message}`);
    throw error;
  }
}
