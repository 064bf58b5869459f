import { runSeed } from '/work/main/test/simulation/world/world.ts';

const from = Number(process.argv[2]),
  to = Number(process.argv[3] ?? from);
const t = performance.now();
let bad = 0;
for (let s = from; s <= to; s++) {
  const r = await runSeed({ seed: s, verbose: process.argv[4] === 'v' });
  if (r.violations.length) {
    bad++;
    console.log(s, r.violations.map((v) => `${v.check}: ${v.message}`).join('\n   '));
  }
  if (from === to) console.log(r.trace.join('\n'));
}
console.log(`${to - from + 1} seeds, ${bad} bad, ${((performance.now() - t) / 1000).toFixed(1)}s`);
