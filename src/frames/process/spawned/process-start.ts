// What both ways of processing with commands start from.
import type { VideoStreamInfo } from '../../../av/index.js';
import type { CommandSession } from '../../../spawned/index.js';
import type { JobContext } from '../../../workers/index.js';
import type { Headers } from '../../spawned/headers.js';
import type { ProcessParams } from '../process-params.js';
import type { BesidePlan } from './beside-plan.js';
import type { ChosenEncoder } from './encode-plan.js';

/** What both ways of processing start from. */
export interface ProcessStart {
  readonly session: CommandSession;
  readonly context: JobContext;
  readonly params: ProcessParams;
  readonly headers: Headers;
  readonly stream: VideoStreamInfo;
  readonly decoder: string;
  /** What is written; undefined without an output. */
  readonly output: ProcessPlan | undefined;
}

/** An output before there is a picture. */
export interface ProcessPlan {
  readonly container: string;
  readonly encoder: ChosenEncoder;
  readonly beside: BesidePlan;
}
