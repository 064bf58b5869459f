/** Base scores of CVSS 3 from its vector: https://www.first.org/cvss/v3.1/specification-document#7-1-Base-Metrics-Equations */

const weights: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  AV: { N: 0.85, A: 0.62, L: 0.55, P: 0.2 },
  AC: { L: 0.77, H: 0.44 },
  UI: { N: 0.85, R: 0.62 },
  C: { H: 0.56, L: 0.22, N: 0 },
  I: { H: 0.56, L: 0.22, N: 0 },
  A: { H: 0.56, L: 0.22, N: 0 },
};
const privileges = { unchanged: { N: 0.85, L: 0.62, H: 0.27 }, changed: { N: 0.85, L: 0.68, H: 0.5 } } as const;

/** To one decimal, upwards, without floating-point dust. */
function roundUp(score: number): number {
  const scaled = Math.round(score * 100_000);
  return scaled % 10_000 === 0 ? scaled / 100_000 : (Math.floor(scaled / 10_000) + 1) / 10;
}

/** 0 to 10; undefined for a vector of another version or without its base metrics. */
export function baseScore(vector: string): number | undefined {
  if (!/^CVSS:3\.[01]\//.test(vector)) return undefined;
  const metrics = new Map(vector.split('/').map((part) => part.split(':') as [string, string]));
  const weight = (name: string) => weights[name]?.[metrics.get(name) ?? ''];
  const isChanged = metrics.get('S') === 'C';
  const required = privileges[isChanged ? 'changed' : 'unchanged'][metrics.get('PR') as 'N' | 'L' | 'H'];
  const [vectorWeight, complexity, interaction] = [weight('AV'), weight('AC'), weight('UI')];
  const impacts = [weight('C'), weight('I'), weight('A')];
  if (required === undefined || vectorWeight === undefined || complexity === undefined) return undefined;
  if (interaction === undefined || impacts.includes(undefined)) return undefined;
  const combined = 1 - impacts.reduce<number>((product, impact) => product * (1 - impact!), 1);
  const impact = isChanged ? 7.52 * (combined - 0.029) - 3.25 * (combined - 0.02) ** 15 : 6.42 * combined;
  if (impact <= 0) return 0;
  const exploitability = 8.22 * vectorWeight * complexity * required * interaction;
  return roundUp(Math.min(isChanged ? 1.08 * (impact + exploitability) : impact + exploitability, 10));
}
