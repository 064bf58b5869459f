/** Constraints and strategies as clients write them, checked and parsed. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PlacementStrategy.html */
import type { PlacementConstraint, PlacementStrategy } from '@aws-sdk/client-ecs';
import { QuerySyntaxError } from './query-language/lexer.ts';
import { parseQuery } from './query-language/parse.ts';
import type { Constraint, Strategy } from './request.ts';

const maxConstraints = 10;
const maxStrategies = 5;

/** Says why a constraint or strategy cannot be; callers answer it as InvalidParameterException. */
export class InvalidPlacement extends Error {}

function parseConstraint(constraint: PlacementConstraint): Constraint {
  if (constraint.type === 'distinctInstance') {
    if (constraint.expression) throw new InvalidPlacement('Expression can not be specified for distinctInstance.');
    return { type: 'distinctInstance' };
  }
  if (constraint.type !== 'memberOf')
    throw new InvalidPlacement(`Invalid placement constraint type: ${constraint.type}`);
  if (!constraint.expression) throw new InvalidPlacement('Expression can not be blank for memberOf.');
  try {
    return { type: 'memberOf', expression: parseQuery(constraint.expression) };
  } catch (error) {
    if (!(error instanceof QuerySyntaxError)) throw error;
    throw new InvalidPlacement(`Invalid expression: ${constraint.expression}: ${error.message}`, { cause: error });
  }
}

export function parseConstraints(constraints: readonly PlacementConstraint[]): Constraint[] {
  if (constraints.length > maxConstraints) {
    throw new InvalidPlacement(`Placement constraints cannot have more than ${maxConstraints} elements.`);
  }
  return constraints.map(parseConstraint);
}

/** ECS answers strategies in its own spelling: fields of binpack in capitals, `host` as instanceId, attributes by name. */
export function normaliseStrategy(strategy: PlacementStrategy): PlacementStrategy {
  const { type, field = '' } = strategy;
  switch (type) {
    case 'random':
      if (field) throw new InvalidPlacement('Field can not be specified for random.');
      return { type };
    case 'binpack':
      if (!/^(cpu|memory)$/i.test(field)) throw new InvalidPlacement(`Invalid field for binpack: ${field}`);
      return { type, field: field.toUpperCase() };
    case 'spread': {
      const name = field.startsWith('attribute:') ? field : /^(instanceId|host)$/i.test(field) ? 'instanceId' : '';
      if (!name || name === 'attribute:') throw new InvalidPlacement(`Invalid field for spread: ${field}`);
      return { type, field: name };
    }
    default:
      throw new InvalidPlacement(`Invalid placement strategy type: ${type}`);
  }
}

export function parseStrategies(strategies: readonly PlacementStrategy[]): Strategy[] {
  if (strategies.length > maxStrategies) {
    throw new InvalidPlacement(`Placement strategies cannot have more than ${maxStrategies} elements.`);
  }
  return strategies.map((strategy): Strategy => {
    const { type, field = '' } = normaliseStrategy(strategy);
    if (type === 'random') return { type };
    if (type === 'binpack') return { type, field: field.toLowerCase() as 'cpu' | 'memory' };
    return { type: 'spread', field: field.replace(/^attribute:/, '') };
  });
}
