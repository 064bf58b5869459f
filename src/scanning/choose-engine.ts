/** Which engine scans, and how new what it knows is. */
import { stat } from 'node:fs/promises';
import type { Clock } from '#lib/clock.ts';
import type { ScanEngineName, ScannerChoice, ScanSourceRow } from '#model/image-scan.ts';
import { openAdvisoryDatabase } from './advisory-database.ts';
import { grypeStatusWords, grypeUpdatedAt } from './engines/grype.ts';
import { findProgram, runForJson } from './engines/run-program.ts';
import { noDatabase } from './engines/slipway.ts';
import { trivyUpdatedAt, trivyVersionWords } from './engines/trivy.ts';

export interface ChosenEngine {
  readonly engine: ScanEngineName;
  readonly program?: string;
  readonly updatedAt?: number;
}

export type Choice = ChosenEngine | { readonly engine?: undefined; readonly reason: string };

/** How long what another scanner says of its database is believed. */
const believedMs = 3_600_000;
const questionTimeoutMs = 20_000;

export const toSource = (choice: Choice): ScanSourceRow =>
  choice.engine === undefined
    ? { key: 'current', identity: '' }
    : {
        key: 'current',
        engine: choice.engine,
        ...(choice.updatedAt !== undefined && { updatedAt: choice.updatedAt }),
        identity: `${choice.engine} ${choice.updatedAt ?? 'unknown'}`,
      };

const titles = { trivy: 'Trivy', grype: 'Grype' } as const;

export function createChooser(options: {
  readonly scanner: ScannerChoice;
  readonly databasePath: string;
  /** Where other scanners are looked for. */
  readonly path: string | undefined;
  readonly clock: Clock;
}): () => Promise<Choice> {
  const { clock, databasePath, scanner } = options;
  let read: { readonly stamp: string; readonly choice: Choice } | undefined;
  const told = new Map<string, { readonly at: number; readonly updatedAt: number | undefined }>();

  /** Undefined when there is no database; one that cannot be read is said once, until it is another file. */
  const ownDatabase = async (): Promise<Choice | undefined> => {
    const found = await stat(databasePath, { bigint: true }).catch(() => undefined);
    if (!found) return undefined;
    const stamp = `${found.ino} ${found.mtimeNs}`;
    if (read?.stamp === stamp) return read.choice;
    read = { stamp, choice: readDatabase() };
    return read.choice;
  };

  const readDatabase = (): Choice => {
    try {
      const database = openAdvisoryDatabase(databasePath);
      if (!database) return { reason: noDatabase };
      database.close();
      return { engine: 'slipway', updatedAt: database.updatedAt };
    } catch (error) {
      const { message } = error as Error;
      return { reason: `The vulnerability database cannot be read (${message}): see \`slipway scan-db update\`.` };
    }
  };

  const ask = async (engine: 'trivy' | 'grype', program: string): Promise<number | undefined> => {
    const known = told.get(program);
    if (known && clock.now() - known.at < believedMs) return known.updatedAt;
    const isTrivy = engine === 'trivy';
    const signal = AbortSignal.timeout(questionTimeoutMs);
    const answer = await runForJson(program, isTrivy ? trivyVersionWords : grypeStatusWords, { signal }).catch(
      () => undefined,
    );
    const updatedAt = isTrivy ? trivyUpdatedAt(answer) : grypeUpdatedAt(answer);
    told.set(program, { at: clock.now(), updatedAt });
    return updatedAt;
  };

  const otherProgram = async (engine: 'trivy' | 'grype'): Promise<ChosenEngine | undefined> => {
    const program = await findProgram(engine, options.path);
    if (!program) return undefined;
    const updatedAt = await ask(engine, program);
    return { engine, program, ...(updatedAt !== undefined && { updatedAt }) };
  };

  return async () => {
    switch (scanner) {
      case 'slipway':
        return (await ownDatabase()) ?? { reason: noDatabase };
      case 'auto': {
        const own = await ownDatabase();
        if (own?.engine) return own;
        return (await otherProgram('trivy')) ?? (await otherProgram('grype')) ?? own ?? { reason: noDatabase };
      }
      default:
        return (
          (await otherProgram(scanner)) ?? {
            reason: `${titles[scanner]} is to scan (--scanner ${scanner}) and is not installed on this machine.`,
          }
        );
    }
  };
}
