import { ConfigError, dataDirectory } from '#control-plane/config.ts';
import { connectDocker } from '#control-plane/up/docker.ts';
import {
  checkCgroups,
  checkDataDirectory,
  checkDisk,
  checkDocker,
  checkIptables,
  checkMachine,
  checkNode,
  checkPort,
  checkStorage,
  type DoctorContext,
  type Finding,
} from '../doctor/checks.ts';
import { paint, print, printJson } from '../output.ts';

const checks: readonly ((context: DoctorContext) => Finding | Promise<Finding>)[] = [
  checkNode,
  checkMachine,
  checkDocker,
  checkCgroups,
  checkStorage,
  checkIptables,
  checkPort,
  checkDataDirectory,
  checkDisk,
];

const marks = { ok: () => paint.good('✓'), warning: () => paint.warn('!'), problem: () => paint.bad('✗') };

/** Exit code 1 when there is a problem; warnings are none. */
export async function runDoctor(options: {
  readonly data?: string;
  readonly port: string;
  readonly json?: boolean;
}): Promise<void> {
  const port = Number(options.port);
  if (!/^\d+$/.test(options.port) || port > 65_535)
    throw new ConfigError(`--port must be a number from 0 to 65535, not "${options.port}"`);
  const context: DoctorContext = {
    docker: connectDocker(),
    dataDir: dataDirectory(options.data),
    port,
    isRoot: process.getuid?.() === 0,
  };
  const findings: Finding[] = [];
  for (const check of checks) findings.push(await check(context));
  const problems = findings.filter((finding) => finding.status === 'problem').length;
  process.exitCode = problems > 0 ? 1 : 0;
  if (options.json) {
    printJson({ problems, findings });
    return;
  }
  for (const { check, status, found, advice } of findings) {
    print(`${marks[status]()} ${check.padEnd(15)} ${found}`);
    if (advice) print(`  ${' '.repeat(15)} ${paint.dim('→')} ${advice}`);
  }
  print(problems === 0 ? '\nNothing is in the way.' : `\n${problems} problem${problems === 1 ? '' : 's'}.`);
}
