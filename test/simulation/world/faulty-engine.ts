/**
 * The simulated engine as a struggling Docker daemon shows it: calls take time, fail, lose their answers, hang for
 * minutes, and may be carried out long after their caller has gone.
 */

import { type ContainerEngine, EngineError, type EngineEvent } from '#agent/engine-api/engine.ts';
import type { FakeClock } from '#lib/clock.ts';
import type { Life } from './clock.ts';
import type { Dice } from './dice.ts';

export interface EngineFaults {
  /** Shares of calls. */
  fail: number;
  loseAnswer: number;
  hang: number;
  maxLatencyMs: number;
}

export const noEngineFaults: EngineFaults = { fail: 0, loseAnswer: 0, hang: 0, maxLatencyMs: 20 };

const hangMs = [10_000, 400_000] as const;
const faulty = [
  'pullImage',
  'inspectImage',
  'createContainer',
  'startContainer',
  'stopContainer',
  'killContainer',
  'removeContainer',
  'inspectContainer',
  'listContainers',
] as const;
type Faulty = (typeof faulty)[number];
type Call = (...args: readonly unknown[]) => Promise<unknown>;

const signalOf = (args: readonly unknown[]): AbortSignal | undefined => {
  for (const arg of args) {
    const found = arg instanceof AbortSignal ? arg : (arg as { signal?: AbortSignal } | undefined)?.signal;
    if (found) return found;
  }
  return undefined;
};

const withoutSignal = (args: readonly unknown[]): unknown[] =>
  args.map((arg) => {
    if (arg instanceof AbortSignal) return undefined;
    return typeof arg === 'object' && arg !== null && 'signal' in arg ? { ...arg, signal: undefined } : arg;
  });

export interface FaultyEngineDeps {
  /** The engine of the machine now: machines are made anew. */
  readonly engine: () => ContainerEngine;
  readonly faults: () => EngineFaults;
  /** How often the machine has been started: what a daemon was about to do ends with its machine. */
  readonly boots: () => number;
  readonly clock: FakeClock;
  readonly dice: Dice;
  /** The agent that calls. */
  readonly life: Life;
}

export function createFaultyEngine(deps: FaultyEngineDeps): ContainerEngine {
  const { engine, faults, boots, clock, dice, life } = deps;
  const call = (name: Faulty, args: readonly unknown[]): Promise<unknown> => {
    const target = engine();
    const boot = boots();
    const now = faults();
    const signal = signalOf(args);
    const hangs = dice.chance(now.hang);
    const delayMs = hangs ? dice.between(...hangMs) : dice.between(0, now.maxLatencyMs);
    const fails = dice.chance(now.fail);
    const loses = dice.chance(now.loseAnswer);
    const ranLate = dice.chance(0.5);
    return new Promise((resolve, reject) => {
      let gone = false;
      signal?.addEventListener(
        'abort',
        () => {
          gone = true;
          reject(new EngineError('aborted', 'the call was aborted'));
        },
        { once: true },
      );
      clock.after(delayMs, () => {
        if (boot !== boots() || ((gone || life.dead) && !ranLate)) return;
        if (fails && dice.chance(0.5)) return reject(new EngineError('unreachable', 'connection refused'));
        if (fails) return reject(new EngineError('failed', 'the daemon is not well'));
        (target[name] as Call)(...withoutSignal(args)).then(
          (value) => {
            if (life.dead) return;
            if (loses) reject(new EngineError('unreachable', 'the answer was lost'));
            else resolve(value);
          },
          (error: unknown) => {
            if (!life.dead) reject(error);
          },
        );
      });
    });
  };
  const calls = Object.fromEntries(faulty.map((name) => [name, (...args: unknown[]) => call(name, args)]));
  const watchEvents = async (onEvent: (event: EngineEvent) => void) => {
    const target = engine();
    return target.watchEvents((event) => {
      if (!life.dead && target === engine()) onEvent(event);
    });
  };
  return new Proxy({} as ContainerEngine, {
    get: (_, name: keyof ContainerEngine) => {
      if (name === 'watchEvents') return watchEvents;
      const plain = (...args: unknown[]) => (engine()[name] as (...all: unknown[]) => unknown)(...args);
      return calls[name] ?? plain;
    },
  });
}
