/** What the task engine asks about images of the control plane's own registry. */
import type { AgentContainer } from '#model/agent-messages.ts';
import { EngineError, type RegistryAuth } from '../engine-api/engine.ts';

export interface OwnImage {
  /** Of the manifest, as the registry has it now. */
  readonly digest: string;
  /** What the engine is told to pull: by digest. */
  readonly source: string;
  /** The definition's own name for it, with a tag, if it has one. */
  readonly tag?: string;
  /** Instead of the credentials of the task, which has none for what is public. */
  readonly auth?: RegistryAuth;
  /** The definition names a digest: no tag of the engine's stands for that. */
  readonly isPinned: boolean;
}

export interface OwnImages {
  isOwn(container: AgentContainer): boolean;
  /** Of an image that is. Rejects with EngineError. */
  find(container: AgentContainer, auth: RegistryAuth | undefined, signal: AbortSignal): Promise<OwnImage>;
}

/** The registry will not have it run, whoever asks; a copy that is here already does not help. */
export class ImageRefused extends EngineError {
  constructor(message: string) {
    super('denied', message);
  }
}
