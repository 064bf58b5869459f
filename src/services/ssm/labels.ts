/** Labels of versions. */
import { Constraints } from '#protocol/constraints.ts';

/** What AWS refuses silently, by naming it under InvalidLabels. */
export const isLabel = (label: string): boolean =>
  /^[a-zA-Z_.-][a-zA-Z0-9_.-]*$/.test(label) && !/^(aws|ssm)/i.test(label);

export function checkLabels(labels: readonly string[]): void {
  const check = new Constraints().size('labels', labels.length, { min: 1, max: 10 });
  for (const [at, label] of labels.entries()) check.text(`labels.${at + 1}.member`, label, { min: 1, max: 100 });
  check.check();
}
