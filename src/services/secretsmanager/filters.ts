/** Filters of ListSecrets and BatchGetSecretValue. https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_search-secret.html */
import type { Filter } from '@aws-sdk/client-secrets-manager';
import type { SecretRow } from '#model/secretsmanager.ts';
import { Constraints } from '#protocol/constraints.ts';
import { invalidParameter } from './errors.ts';

const keys = ['description', 'name', 'tag-key', 'tag-value', 'primary-region', 'owning-service', 'all'];

/** Beginnings of names and tags count with their case; words of descriptions, and of everything, without. */
function textsOf(key: string, row: SecretRow): { readonly texts: readonly string[]; readonly inWords: boolean } {
  const tags = Object.entries(row.tags);
  switch (key) {
    case 'name':
      return { texts: [row.name], inWords: false };
    case 'tag-key':
      return { texts: tags.map(([tag]) => tag), inWords: false };
    case 'tag-value':
      return { texts: tags.map(([, value]) => value), inWords: false };
    case 'primary-region':
      return { texts: [row.primaryRegion ?? (row.replicas.length > 0 ? row.region : '')], inWords: false };
    case 'owning-service':
      return { texts: [], inWords: false };
    case 'description':
      return { texts: [row.description ?? ''], inWords: true };
    default:
      return { texts: [row.name, row.description ?? '', ...tags.flat()], inWords: true };
  }
}

const words = (text: string) => text.toLowerCase().split(/[^a-z0-9]+/);

function holds(key: string, value: string, row: SecretRow): boolean {
  const { texts, inWords } = textsOf(key, row);
  if (!inWords) return texts.some((text) => text.startsWith(value));
  const all = texts.flatMap(words);
  return words(value).every((word) => all.some((one) => one.startsWith(word)));
}

const matches = ({ Key, Values }: Filter, row: SecretRow): boolean =>
  Values!.some((value) => (value.startsWith('!') ? !holds(Key!, value.slice(1), row) : holds(Key!, value, row)));

/** Every filter must match, by one of its values. */
export function compileFilters(filters: readonly Filter[] | undefined): (row: SecretRow) => boolean {
  const check = new Constraints().size('filters', filters?.length, { max: 10 });
  for (const [at, { Key, Values }] of (filters ?? []).entries()) {
    check
      .text(`filters.${at + 1}.member.key`, Key, { values: keys })
      .size(`filters.${at + 1}.member.values`, Values?.length, { max: 10 });
  }
  check.check();
  for (const { Key, Values } of filters ?? []) {
    if (Key === undefined) throw invalidParameter('Invalid filter key');
    if (!Values?.length) throw invalidParameter(`Invalid filter values for key: ${Key}`);
  }
  return (row) => (filters ?? []).every((filter) => matches(filter, row));
}
